-- P1.O2.ODS (et SUN-ES DS1.2) — ordonnance de sortie alimentée au DMP.
-- Guide HOP'EN2 phase 1, fiche P1.O2 : parmi les séjours clos dans le mois dont le patient avait un DMP le jour de la sortie
-- et pour lesquels au moins une ordonnance a été produite, dans tout format, ceux dont au moins une ordonnance en CDA R2 N1,
-- d'INS qualifiée et non numérisée, a alimenté le DMP.
-- Un séjour par ligne. Aucun type ne dit « de sortie » : une ordonnance l'est par la venue à laquelle elle se rattache.
-- Lecture ods_creation : toutes les prescriptions du séjour (toutes), ou seulement les versions créées la veille de la sortie
-- ou après (a_la_sortie).

with sejours_clos as (

    select
        sejour_id,
        finess_ej,
        date_sortie,
        periode_debut,
        periode_fin
    from {{ ref('int_sejours_clos') }}
    where
        nature = 'mois'
        and retenu
        and a_un_dmp_a_la_sortie

),

ordonnances_de_sortie as (

    select
        sejours_clos.sejour_id,
        max(documents.etape_n1) as etape_n1,
        max_by(
            documents.document_id,
            {{ rang_de_preuve('documents.etape_n1', 'documents.date_alimentation', 'documents.document_id') }}
        ) as document_id,
        {{ valeur_du_plus_grand(
            'documents.date_alimentation',
            rang_de_preuve('documents.etape_n1', 'documents.date_alimentation', 'documents.document_id')
        ) }} as date_envoi
    from sejours_clos
    inner join {{ ref('int_sejours_documents') }} as documents
        on sejours_clos.sejour_id = documents.sejour_id
    where
        documents.famille = 'ODS'
        and (
            '{{ var("ods_creation") }}' = 'toutes'
            or documents.date_creation >= {{ date_moins_un_jour('sejours_clos.date_sortie') }}
        )
    group by sejours_clos.sejour_id

)

select
    sejours_clos.finess_ej,
    sejours_clos.periode_debut,
    sejours_clos.periode_fin,
    'TOUS' as axe,
    sejours_clos.sejour_id as unite_id,
    etapes.etape = 'ALIMENTE' as au_numerateur,
    etapes.etape,
    ordonnances_de_sortie.document_id,
    ordonnances_de_sortie.date_envoi
from sejours_clos
inner join ordonnances_de_sortie
    on sejours_clos.sejour_id = ordonnances_de_sortie.sejour_id
inner join {{ ref('etapes') }} as etapes
    on
        etapes.ordre
        = {{ etape_de_l_unite(
            'ordonnances_de_sortie.etape_n1', 'ordonnances_de_sortie.date_envoi', 'sejours_clos.periode_fin',
            var('alimentation_jusqu_a')
        ) }}
