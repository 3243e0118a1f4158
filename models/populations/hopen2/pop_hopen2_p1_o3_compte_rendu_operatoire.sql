-- P1.O3 (et SUN-ES DS1.3) — compte rendu opératoire alimenté au DMP.
-- Guide HOP'EN2 phase 1, objectif 3 : parmi les séjours clos dans le mois avec au moins un acte chirurgical, dont le patient
-- avait un DMP le jour de la sortie, ceux dont un compte rendu opératoire (34874-8) en CDA R2 N1, d'INS qualifiée et non
-- numérisé, a alimenté le DMP.
-- Un séjour par ligne. Applicable à l'établissement qui a une activité de chirurgie.

with sejours_clos as (

    select
        sejour_id,
        finess_ej,
        periode_debut,
        periode_fin
    from {{ ref('int_sejours_clos') }}
    where
        nature = 'mois'
        and retenu
        and a_un_dmp_a_la_sortie

),

sejours_chirurgicaux as (

    select distinct rattachements.sejour_id
    from {{ ref('int_sejours_venues') }} as rattachements
    inner join {{ ref('int_venues_chirurgicales') }} as venues_chirurgicales
        on
            rattachements.finess_ej = venues_chirurgicales.finess_ej
            and rattachements.iep = venues_chirurgicales.iep

),

comptes_rendus_operatoires as (

    select
        sejour_id,
        etape_n1,
        document_id,
        date_envoi
    from {{ ref('int_sejours_familles') }}
    where famille = 'CRO'

)

select
    sejours_clos.finess_ej,
    sejours_clos.periode_debut,
    sejours_clos.periode_fin,
    'TOUS' as axe,
    sejours_clos.sejour_id as unite_id,
    etapes.etape = 'ALIMENTE' as au_numerateur,
    etapes.etape,
    comptes_rendus_operatoires.document_id,
    comptes_rendus_operatoires.date_envoi
from sejours_clos
inner join sejours_chirurgicaux
    on sejours_clos.sejour_id = sejours_chirurgicaux.sejour_id
left join comptes_rendus_operatoires
    on sejours_clos.sejour_id = comptes_rendus_operatoires.sejour_id
inner join {{ ref('etapes') }} as etapes
    on
        etapes.ordre
        = coalesce(
            {{ etape_de_l_unite(
                'comptes_rendus_operatoires.etape_n1', 'comptes_rendus_operatoires.date_envoi', 'sejours_clos.periode_fin',
                var('alimentation_jusqu_a')
            ) }},
            0
        )
