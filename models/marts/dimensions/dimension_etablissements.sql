-- The establishments of the group and what they declare to do: one row per entité juridique.

select
    finess_ej,
    raison_sociale,
    ght,
    chirurgie,
    ace,
    had,
    laboratoire_interne,
    imagerie_interne,
    source_sejours
from {{ ref('stg_reference__etablissements') }}
order by finess_ej
