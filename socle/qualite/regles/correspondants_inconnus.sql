-- objet: staging.stg_gam__venues_correspondants
-- dimension: coherence
-- severite: alerte
-- titre: Liens vers un correspondant absent de l’annuaire
-- explication: Le correspondant d’une venue n’est pas dans l’export des correspondants : son adresse est inconnue.
-- remede: Exporter tous les correspondants cités par les venues.
-- population: select count(*) from staging.stg_gam__venues_correspondants
select
    liens.finess_ej,
    liens.role as detail
from staging.stg_gam__venues_correspondants as liens
left join staging.stg_gam__correspondants as correspondants
    on
        liens.finess_ej = correspondants.finess_ej
        and liens.correspondant_id = correspondants.correspondant_id
where correspondants.correspondant_id is null
