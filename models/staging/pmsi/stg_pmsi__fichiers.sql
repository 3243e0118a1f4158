select
    finess_ej,
    flux,
    rang,
    type_fichier,
    version as version_format,
    nb_lignes,
    -- Put aside when judged: rejected, or superseded by the line of a later transmission.
    nb_ecartees
from {{ recensement_pmsi() }}
