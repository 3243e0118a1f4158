-- objet: staging.stg_gam__correspondants
-- dimension: validite
-- severite: alerte
-- titre: Adresses MSSanté de correspondants hors de l’espace de confiance
-- explication: Une adresse de messagerie sécurisée de santé se termine par mssante.fr.
-- remede: Corriger l’annuaire des correspondants de la GAM.
-- population: select count(*) from staging.stg_gam__correspondants where adresse_mss is not null
select
    finess_ej,
    cast(null as varchar) as detail
from staging.stg_gam__correspondants
where
    adresse_mss is not null
    and not regexp_full_match(lower(adresse_mss), '[^@ ]+@([a-z0-9-]+\.)*mssante\.fr')
