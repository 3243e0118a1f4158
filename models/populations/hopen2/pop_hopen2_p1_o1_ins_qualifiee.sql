-- P1.O1 — patients of the active file whose INS is qualified.
-- Guide HOP'EN2 phase 1, objectif 1: of the patients taken in charge in the month, in hospital, in consultation or in
-- urgences, whose identity is neither douteuse nor fictive, those with a qualified INS. « Qualified »: the identity has
-- the status QUALIFIEE and its matricule is filled.
-- One row per patient. A patient whom the identity file does not know is not counted.

with patients_pris_en_charge as (

    select distinct
        finess_ej,
        ipp,
        periode_debut,
        periode_fin
    from {{ ref('int_venues_mois') }}

),

identites as (

    select
        finess_ej,
        ipp,
        statut_identite = 'QUALIFIEE' and ins_matricule is not null as a_une_ins_qualifiee
    from {{ ref('stg_gam__patients') }}
    where
        not identite_douteuse
        and not identite_fictive

)

select
    patients_pris_en_charge.finess_ej,
    patients_pris_en_charge.periode_debut,
    patients_pris_en_charge.periode_fin,
    'TOUS' as axe,
    patients_pris_en_charge.ipp as unite_id,
    identites.a_une_ins_qualifiee as au_numerateur
from patients_pris_en_charge
inner join identites
    on
        patients_pris_en_charge.finess_ej = identites.finess_ej
        and patients_pris_en_charge.ipp = identites.ipp
