-- P1.O5 (and SUN-ES DS2.1) — compte rendu de biologie médicale alimenté au DMP.
-- Guide HOP'EN2 phase 1, objectif 5: of the comptes rendus de biologie (11502-2) produced in the month by the
-- establishment's own laboratory for patients with a DMP, and that nobody decided not to transmit, those that reached
-- the DMP in CDA R2 N1 or N3, with a qualified INS and not as a scan. Anatomo-cyto-pathologie and genetics are out.
-- One row per document, whatever its versions: hospital and external consultation alike.

with comptes_rendus_de_biologie as (

    select
        finess_ej,
        set_id,
        ipp,
        date_creation,
        etape_n1_n3,
        document_id_n1_n3,
        date_envoi_n1_n3
    from {{ ref('int_documents') }}
    where
        famille = 'CR_BIO'
        and producteur is distinct from 'SOUS_TRAITANT'
        and categorie_biologie is distinct from 'ACP'
        and categorie_biologie is distinct from 'GENETIQUE'
        and not non_transmission

)

select
    comptes_rendus_de_biologie.finess_ej,
    mois.periode_debut,
    mois.periode_fin,
    'TOUS' as axe,
    comptes_rendus_de_biologie.set_id as unite_id,
    etapes.etape = 'ALIMENTE' as au_numerateur,
    etapes.etape,
    comptes_rendus_de_biologie.document_id_n1_n3 as document_id,
    comptes_rendus_de_biologie.date_envoi_n1_n3 as date_envoi
from comptes_rendus_de_biologie
inner join {{ ref('int_dmp_patients') }} as dmp
    on
        comptes_rendus_de_biologie.finess_ej = dmp.finess_ej
        and comptes_rendus_de_biologie.ipp = dmp.ipp
        and comptes_rendus_de_biologie.date_creation between dmp.valable_du and dmp.valable_au
        and dmp.a_un_dmp
inner join {{ ref('int_periodes') }} as mois
    on
        comptes_rendus_de_biologie.finess_ej = mois.finess_ej
        and comptes_rendus_de_biologie.date_creation between mois.periode_debut and mois.periode_fin
        and mois.nature = 'mois'
inner join {{ ref('etapes') }} as etapes
    on comptes_rendus_de_biologie.etape_n1_n3 = etapes.ordre
