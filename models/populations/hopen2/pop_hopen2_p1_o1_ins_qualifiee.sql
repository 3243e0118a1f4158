-- P1.O1 — patients de la file active dont l'INS est qualifiée.
-- Guide HOP'EN2 phase 1, objectif 1 : parmi les patients pris en charge dans le mois, en hospitalisation, en consultation ou
-- aux urgences, d'identité ni douteuse ni fictive, ceux dont l'INS est qualifiée : statut QUALIFIEE et matricule renseigné.
-- Un patient par ligne. Un patient que le fichier des identités ne connaît pas ne compte pas.
-- Lecture o1_denominateur : tous ces patients (tous), ou seulement ceux qui ont un matricule (avec_ins).

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
    from {{ ref('int_gam_patients') }}
    where
        not identite_douteuse
        and not identite_fictive
        and ('{{ var("o1_denominateur") }}' = 'tous' or ins_matricule is not null)

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
