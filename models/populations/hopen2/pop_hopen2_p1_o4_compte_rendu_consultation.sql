-- P1.O4 — compte rendu de consultation alimenté au DMP.
-- Guide HOP'EN2 phase 1, objectif 4 : parmi les consultations externes du mois facturées en ACE, dont le patient avait un DMP
-- ce jour-là, celles dont un compte rendu de consultation (11488-4) en CDA R2 N1, d'INS qualifiée et non numérisé, a alimenté
-- le DMP. Un acte seul n'est pas une consultation : la venue que l'export dit sans consultation médicale ne compte pas, celle
-- dont il ne dit rien compte.
-- Une consultation par ligne. Applicable à l'établissement qui facture des ACE.
-- Lecture o4_types : le type principal (principal), ou aussi les types apparentés, consultations d'ophtalmologie et
-- pré-anesthésiques, télémédecine (apparentes).

with consultations as (

    select
        finess_ej,
        iep,
        ipp,
        date_entree,
        periode_debut,
        periode_fin
    from {{ ref('int_consultations') }}
    where
        nature = 'mois'
        and est_consultation_facturee

),

comptes_rendus_de_consultation as (

    select
        versions.finess_ej,
        versions.iep,
        max(versions.etape_n1) as etape_n1,
        max_by(
            versions.document_id,
            {{ rang_de_preuve('versions.etape_n1', 'versions.date_alimentation', 'versions.document_id') }}
        ) as document_id,
        {{ valeur_du_plus_grand(
            'versions.date_alimentation',
            rang_de_preuve('versions.etape_n1', 'versions.date_alimentation', 'versions.document_id')
        ) }} as date_envoi
    from {{ ref('int_versions') }} as versions
    inner join {{ ref('types_documents') }} as types
        on
            versions.type_code_document = types.type_code
            and (
                types.famille = 'CRC'
                or '{{ var("o4_types") }}' = 'apparentes' and types.crc_apparente = 'oui'
            )
    group by versions.finess_ej, versions.iep

)

select
    consultations.finess_ej,
    consultations.periode_debut,
    consultations.periode_fin,
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
left join comptes_rendus_de_consultation
    on
        consultations.finess_ej = comptes_rendus_de_consultation.finess_ej
        and consultations.iep = comptes_rendus_de_consultation.iep
inner join {{ ref('etapes') }} as etapes
    on
        etapes.ordre
        = coalesce(
            {{ etape_de_l_unite(
                'comptes_rendus_de_consultation.etape_n1', 'comptes_rendus_de_consultation.date_envoi', 'consultations.periode_fin',
                var('alimentation_jusqu_a')
            ) }},
            0
        )
