-- DS1.4 — alimentation du DMP en documents historiques du DPI.
-- Guide SUN-ES (ARS), « bonus reprise de l'historique » : parmi les séjours de patients déjà venus, ceux pour lesquels au moins
-- un document d'un séjour antérieur a alimenté le DMP avec une INS qualifiée. Séjour antérieur : du même patient dans
-- l'établissement, clos avant l'entrée de celui-ci et cinq ans au plus avant (historique_profondeur_ans). Le document est en
-- CDA R2 N1, non numérisé, envoyé en « reprise d'historique » et non retiré depuis.
-- Un séjour par ligne : clos dans le mois, d'un patient qui avait un DMP le jour de la sortie et un séjour antérieur.

with sejours_clos as (

    select
        sejour_id,
        finess_ej,
        ipp,
        date_entree,
        periode_debut,
        periode_fin
    from {{ ref('int_sejours_clos') }}
    where
        nature = 'mois'
        and retenu
        and a_un_dmp_a_la_sortie

),

sejours_anterieurs as (

    select
        sejours_clos.sejour_id,
        sejours_clos.finess_ej,
        sejours_clos.ipp,
        sejours_clos.periode_debut,
        sejours_clos.periode_fin,
        anterieurs.sejour_id as sejour_anterieur_id
    from sejours_clos
    inner join {{ ref('int_sejours') }} as anterieurs
        on
            sejours_clos.finess_ej = anterieurs.finess_ej
            and sejours_clos.ipp = anterieurs.ipp
            and anterieurs.clos
            and anterieurs.retenu
            and sejours_clos.date_entree > anterieurs.date_sortie
            and anterieurs.date_sortie
            >= {{ date_plus_mois('sejours_clos.date_entree', var('historique_profondeur_ans') * -12) }}

),

documents_repris as (

    select
        rattachements.sejour_id,
        alimentations.ipp_document as ipp,
        alimentations.document_id,
        alimentations.date_envoi
    from {{ ref('int_alimentations') }} as alimentations
    inner join {{ ref('int_sejours_venues') }} as rattachements
        on
            alimentations.finess_ej = rattachements.finess_ej
            and alimentations.iep = rattachements.iep
    where
        alimentations.reprise_historique
        and alimentations.niveau_cda = 'N1'
        and alimentations.ins_qualifiee
        and not alimentations.numerise
        and not alimentations.est_retire

)

select
    sejours_anterieurs.finess_ej,
    sejours_anterieurs.periode_debut,
    sejours_anterieurs.periode_fin,
    'TOUS' as axe,
    sejours_anterieurs.sejour_id as unite_id,
    count(documents_repris.document_id) > 0 as au_numerateur,
    max(documents_repris.document_id) as document_id,
    max_by(
        documents_repris.date_envoi, documents_repris.document_id || documents_repris.date_envoi
    ) as date_envoi
from sejours_anterieurs
left join documents_repris
    on
        sejours_anterieurs.sejour_anterieur_id = documents_repris.sejour_id
        and sejours_anterieurs.ipp = documents_repris.ipp
group by
    sejours_anterieurs.finess_ej, sejours_anterieurs.periode_debut, sejours_anterieurs.periode_fin,
    sejours_anterieurs.sejour_id
