select
    finess_ej,
    raison_sociale,
    ght,
    chirurgie,
    ace,
    laboratoire_interne,
    imagerie_interne,
    had,
    source_sejours,
    activite_combinee,
    sun_es_ds1_1,
    sun_es_ds1_2,
    sun_es_ds1_3,
    sun_es_ds2_1,
    sun_es_ds3_1,
    sun_es_ds4_1,
    sun_es_ds4_2,
    fuseau,
    ligne_source
from {{ source('depot', 'reference_etablissements') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'reference_etablissements_remplacees') }})
