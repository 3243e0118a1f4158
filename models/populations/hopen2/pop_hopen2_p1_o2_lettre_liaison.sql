-- P1.O2.LDL (et SUN-ES DS1.1) — lettre de liaison de sortie alimentée au DMP.
-- Guide HOP'EN2 phase 1, fiche P1.O2 : parmi les séjours clos dans le mois dont le patient avait un DMP le jour de la sortie,
-- ceux dont une lettre de liaison (11490-0) en CDA R2 N1, d'INS qualifiée et non numérisée, a alimenté le DMP.
-- Un séjour par ligne. Un compte rendu d'hospitalisation n'est pas une lettre de liaison.

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

lettres_de_liaison as (

    select
        sejour_id,
        etape_n1,
        document_id,
        date_envoi
    from {{ ref('int_sejours_familles') }}
    where famille = 'LDL'

)

select
    sejours_clos.finess_ej,
    sejours_clos.periode_debut,
    sejours_clos.periode_fin,
    'TOUS' as axe,
    sejours_clos.sejour_id as unite_id,
    etapes.etape = 'ALIMENTE' as au_numerateur,
    etapes.etape,
    lettres_de_liaison.document_id,
    lettres_de_liaison.date_envoi
from sejours_clos
left join lettres_de_liaison
    on sejours_clos.sejour_id = lettres_de_liaison.sejour_id
inner join {{ ref('etapes') }} as etapes
    on
        etapes.ordre
        = coalesce(
            {{ etape_de_l_unite(
                'lettres_de_liaison.etape_n1', 'lettres_de_liaison.date_envoi', 'sejours_clos.periode_fin',
                var('alimentation_jusqu_a')
            ) }}, 0
        )
