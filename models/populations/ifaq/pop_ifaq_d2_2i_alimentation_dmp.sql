-- D2.2I — séjours pour lesquels des documents ont été publiés dans le DMP.
-- Guide oSIS IFAQ 2023, § 2 et fiche D2.2I : parmi les séjours clos dans le mois (MCO, SMR, HAD sans condition de durée,
-- dialyse et séances ; la psychiatrie n'est pas concernée) dont le patient avait un DMP le jour de l'admission, ceux dont un
-- document, de tout type et de tout format, a alimenté le DMP.
-- Un séjour par ligne.
-- Lecture alimentation_jusqu_a : le document compte quelle que soit la date de son envoi (extraction), ou seulement envoyé
-- le dernier jour du mois au plus tard (fin_du_mois).

with sejours_clos as (

    select
        sejour_id,
        finess_ej,
        periode_debut,
        periode_fin
    from {{ ref('int_sejours_clos') }}
    where
        nature = 'mois'
        and a_un_dmp_a_l_entree
        and activite <> 'PSY'

),

sejours_alimentes as (

    select
        sejour_id,
        min_by(document_id, date_alimentation || document_id) as document_id,
        min(date_alimentation) as date_envoi
    from {{ ref('int_sejours_documents') }}
    where
        est_alimentee
        and not est_retire
    group by sejour_id

)

select
    sejours_clos.finess_ej,
    sejours_clos.periode_debut,
    sejours_clos.periode_fin,
    'TOUS' as axe,
    sejours_clos.sejour_id as unite_id,
    sejours_alimentes.sejour_id is not null
    and ('{{ var("alimentation_jusqu_a") }}' = 'extraction' or sejours_alimentes.date_envoi <= sejours_clos.periode_fin)
        as au_numerateur,
    sejours_alimentes.document_id,
    sejours_alimentes.date_envoi
from sejours_clos
left join sejours_alimentes
    on sejours_clos.sejour_id = sejours_alimentes.sejour_id
