-- P1.O4 — compte rendu de consultation alimenté au DMP.
-- Guide HOP'EN2 phase 1, objectif 4: of the external consultations of the month billed as ACE, whose patient had a DMP
-- that day, those for which a compte rendu de consultation (11488-4) in CDA R2 N1, with a qualified INS and not a scan,
-- reached the DMP.
-- One row per consultation. Applicable to an establishment that bills ACE.

with consultations as (

    select
        finess_ej,
        iep,
        ipp,
        date_entree
    from {{ ref('int_venues') }}
    where
        champ = 'EXTERNE'
        and facturation_ace

),

comptes_rendus_de_consultation as (

    select
        finess_ej,
        iep,
        etape_n1,
        document_id,
        date_envoi
    from {{ ref('int_consultations_familles') }}
    where famille = 'CRC'

)

select
    consultations.finess_ej,
    mois.periode_debut,
    mois.periode_fin,
    'TOUS' as axe,
    consultations.iep as unite_id,
    etapes.etape = 'ALIMENTE' as au_numerateur,
    etapes.etape,
    comptes_rendus_de_consultation.document_id,
    comptes_rendus_de_consultation.date_envoi
from consultations
inner join {{ ref('int_dmp_patients') }} as dmp
    on
        consultations.finess_ej = dmp.finess_ej
        and consultations.ipp = dmp.ipp
        and consultations.date_entree between dmp.valable_du and dmp.valable_au
        and dmp.a_un_dmp
inner join {{ ref('int_periodes') }} as mois
    on
        consultations.finess_ej = mois.finess_ej
        and consultations.date_entree between mois.periode_debut and mois.periode_fin
        and mois.nature = 'mois'
left join comptes_rendus_de_consultation
    on
        consultations.finess_ej = comptes_rendus_de_consultation.finess_ej
        and consultations.iep = comptes_rendus_de_consultation.iep
inner join {{ ref('etapes') }} as etapes
    on coalesce(comptes_rendus_de_consultation.etape_n1, 0) = etapes.ordre
