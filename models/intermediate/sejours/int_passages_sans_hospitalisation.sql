-- Passages aux urgences qui n'ont pas conduit à une hospitalisation : un IEP par ligne.
-- Guide HOP'EN2 phase 1, objectifs 5 et 6 : les comptes rendus visés sont ceux des séjours et des ACE. Un passage a conduit à
-- une hospitalisation quand une venue hospitalière du patient commence entre le jour de son entrée et le lendemain de son
-- dernier jour.

with passages as (

    select
        finess_ej,
        iep,
        ipp,
        date_entree,
        {{ jour_suivant('dernier_jour') }} as lendemain
    from {{ ref('int_venues') }}
    where champ = 'URGENCES'

),

hospitalisations as (

    select
        finess_ej,
        ipp,
        date_entree
    from {{ ref('int_venues') }}
    where est_hospitaliere

)

select
    passages.finess_ej,
    passages.iep
from passages
left join hospitalisations
    on
        passages.finess_ej = hospitalisations.finess_ej
        and passages.ipp = hospitalisations.ipp
        and hospitalisations.date_entree between passages.date_entree and passages.lendemain
group by passages.finess_ej, passages.iep
having count(hospitalisations.ipp) = 0
