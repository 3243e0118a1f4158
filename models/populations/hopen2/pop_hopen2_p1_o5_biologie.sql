-- P1.O5 (et SUN-ES DS2.1) — compte rendu de biologie médicale alimenté au DMP.
-- Guide HOP'EN2 phase 1, objectif 5 : parmi les comptes rendus de biologie (11502-2) créés dans le mois par le laboratoire de
-- l'établissement, dans un séjour ou une consultation externe, pour des patients dotés d'un DMP, et que personne n'a décidé
-- de ne pas transmettre, ceux qui ont alimenté le DMP en CDA R2 N1 ou N3, d'INS qualifiée et non numérisés. L'anatomie
-- pathologique et la génétique n'en sont pas, ni les passages aux urgences sans hospitalisation.
-- Un document par ligne, quel que soit le nombre de ses versions. Ce que l'indicateur exclut est dit une fois, pour lui et pour
-- ce qu'en voit l'opérateur (int_versions, est_a_alimenter).
-- Lecture cr_sans_venue : un compte rendu dont on ne connaît pas la venue compte (comptes), ou non (exclus).

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
        and est_a_alimenter
        and not est_d_un_passage_sans_hospitalisation
        and ('{{ var("cr_sans_venue") }}' = 'comptes' or a_une_venue_connue)

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
    on
        etapes.ordre
        = {{ etape_de_l_unite(
            'comptes_rendus_de_biologie.etape_n1_n3', 'comptes_rendus_de_biologie.date_envoi_n1_n3', 'mois.periode_fin',
            var('alimentation_jusqu_a')
        ) }}
