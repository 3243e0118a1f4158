-- What each file holds: one row per file, type and version. Of the lines that are not read, no type, and a version when they
-- look like a type that has others. ligne_source is that of no line: it gives the file.
select
    finess_ej,
    type_fichier,
    version_format,
    nb_lignes,
    ligne_source
from {{ source('depot', 'pmsi_versions') }}
