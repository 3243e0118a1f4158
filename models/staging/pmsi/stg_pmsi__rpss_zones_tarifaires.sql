select
    ligne_source,
    ordre,
    code as ght,
    date_debut,
    date_fin,
    nb_jours
from {{ zones_pmsi(['ZONE_TARIFAIRE']) }}
