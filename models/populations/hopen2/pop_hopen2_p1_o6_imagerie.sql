-- P1.O6 (et SUN-ES DS3.1) — compte rendu d'imagerie alimenté au DMP.
-- Guide HOP'EN2 phase 1, objectif 6 : parmi les comptes rendus d'imagerie (18748-4) créés dans le mois par le plateau de
-- l'établissement, dans un séjour ou une consultation externe, pour des patients dotés d'un DMP, et que personne n'a décidé
-- de ne pas transmettre, ceux qui ont alimenté le DMP en CDA R2 N1, d'INS qualifiée et non numérisés. Radiologie,
-- mammographie, scanner, IRM et échographie ; un compte rendu qui ne dit pas sa modalité compte. Les passages aux urgences
-- sans hospitalisation n'en sont pas.
-- Un document par ligne, quel que soit le nombre de ses versions. Ce que l'indicateur exclut est dit une fois, pour lui et pour
-- ce qu'en voit l'opérateur (int_versions, est_a_alimenter).
-- Lecture cr_sans_venue : un compte rendu dont on ne connaît pas la venue compte (comptes), ou non (exclus).

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
        and est_a_alimenter
        and not est_d_un_passage_sans_hospitalisation
        and ('{{ var("cr_sans_venue") }}' = 'comptes' or a_une_venue_connue)

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
    on
        etapes.ordre
        = {{ etape_de_l_unite(
            'comptes_rendus_d_imagerie.etape_n1', 'comptes_rendus_d_imagerie.date_envoi_n1', 'mois.periode_fin',
            var('alimentation_jusqu_a')
        ) }}
