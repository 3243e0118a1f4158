-- P1.O6 (and SUN-ES DS3.1) — compte rendu d'imagerie alimenté au DMP.
-- Guide HOP'EN2 phase 1, objectif 6: of the comptes rendus d'imagerie (18748-4) produced in the month by the
-- establishment's own plateau for patients with a DMP, and that nobody decided not to transmit, those that reached the
-- DMP in CDA R2 N1, with a qualified INS and not as a scan. Radiology, mammography, scanner, IRM and échographie only;
-- a compte rendu that does not say its modality is counted.
-- One row per document, whatever its versions: hospital and external consultation alike.

with comptes_rendus_d_imagerie as (

    select
        finess_ej,
        set_id,
        ipp,
        date_creation,
        etape_n1,
        document_id_n1,
        date_envoi_n1
    from {{ ref('int_documents') }}
    where
        famille = 'CR_IMAGERIE'
        and producteur is distinct from 'SOUS_TRAITANT'
        and modalite_imagerie is distinct from 'AUTRE'
        and not non_transmission

)

select
    comptes_rendus_d_imagerie.finess_ej,
    mois.periode_debut,
    mois.periode_fin,
    'TOUS' as axe,
    comptes_rendus_d_imagerie.set_id as unite_id,
    etapes.etape = 'ALIMENTE' as au_numerateur,
    etapes.etape,
    comptes_rendus_d_imagerie.document_id_n1 as document_id,
    comptes_rendus_d_imagerie.date_envoi_n1 as date_envoi
from comptes_rendus_d_imagerie
inner join {{ ref('int_dmp_patients') }} as dmp
    on
        comptes_rendus_d_imagerie.finess_ej = dmp.finess_ej
        and comptes_rendus_d_imagerie.ipp = dmp.ipp
        and comptes_rendus_d_imagerie.date_creation between dmp.valable_du and dmp.valable_au
        and dmp.a_un_dmp
inner join {{ ref('int_periodes') }} as mois
    on
        comptes_rendus_d_imagerie.finess_ej = mois.finess_ej
        and comptes_rendus_d_imagerie.date_creation between mois.periode_debut and mois.periode_fin
        and mois.nature = 'mois'
inner join {{ ref('etapes') }} as etapes
    on comptes_rendus_d_imagerie.etape_n1 = etapes.ordre
