select
    finess_ej,
    numero_sejour,
    numero_sequence,
    numero_sous_sequence,
    ordre,
    code as ght,
    date_debut,
    date_fin,
    nb_jours,
    ligne_source
from {{ zones_pmsi(['ZONE_TARIFAIRE']) }}
