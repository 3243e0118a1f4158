-- objet: intermediaire.int_venues
-- dimension: coherence
-- severite: alerte
-- titre: Venues dont l’unité fonctionnelle n’est pas au référentiel
-- explication: Le service de la venue est inconnu : elle sort des indicateurs par service. Le constat n’est fait que
--   pour un établissement qui envoie ses unités et où leur part dépasse le seuil.
-- remede: Compléter l’export des unités fonctionnelles (gam/unites_fonctionnelles).
-- population: select count(*) from intermediaire.int_venues where uf is not null
with situations as (

    select
        venues.finess_ej,
        venues.champ,
        unites.uf is null as uf_inconnue,
        avg(case when unites.uf is null then 100.0 else 0 end) over (partition by venues.finess_ej) as part
    from intermediaire.int_venues as venues
    left join staging.stg_gam__unites_fonctionnelles as unites
        on
            venues.finess_ej = unites.finess_ej
            and venues.uf = unites.uf
    where
        venues.uf is not null
        and venues.finess_ej in (select finess_ej from staging.stg_gam__unites_fonctionnelles)

)

select
    situations.finess_ej,
    situations.champ as detail
from situations
cross join controle.seuils
where
    situations.uf_inconnue
    and situations.part > seuils.uf_inconnues_pourcent
