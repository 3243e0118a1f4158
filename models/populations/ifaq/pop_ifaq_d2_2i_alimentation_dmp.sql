-- D2.2I — séjours pour lesquels des documents ont été publiés dans le DMP.
-- Guide oSIS IFAQ 2023, § 2 and fiche D2.2I: of the séjours of the month (MCO, SMR, HAD, dialyse and séances; psychiatry
-- is not concerned) whose patient had a DMP on the day of admission, those for which a document, of any type and
-- format, reached the DMP.
-- One row per séjour.

with sejours_clos as (

    select
        sejour_id,
        finess_ej,
        date_sortie
    from {{ ref('int_sejours') }}
    where
        clos
        and retenu
        and a_un_dmp_a_l_entree
        and activite <> 'PSY'

),

sejours_alimentes as (

    select
        sejour_id,
        max(document_id) as document_id,
        max_by(date_alimentation, document_id) as date_envoi
    from {{ ref('int_sejours_documents') }}
    where
        est_alimentee
        and not est_retire
    group by sejour_id

)

select
    sejours_clos.finess_ej,
    mois.periode_debut,
    mois.periode_fin,
    'TOUS' as axe,
    sejours_clos.sejour_id as unite_id,
    sejours_alimentes.sejour_id is not null as au_numerateur,
    sejours_alimentes.document_id,
    sejours_alimentes.date_envoi
from sejours_clos
inner join {{ ref('int_periodes') }} as mois
    on
        sejours_clos.finess_ej = mois.finess_ej
        and sejours_clos.date_sortie between mois.periode_debut and mois.periode_fin
        and mois.nature = 'mois'
left join sejours_alimentes
    on sejours_clos.sejour_id = sejours_alimentes.sejour_id
