-- objet: staging.stg_gam__patients
-- dimension: exactitude
-- severite: alerte
-- titre: Dates de naissance invraisemblables
-- explication: Le patient serait né après la date d’extraction, ou serait trop âgé.
-- remede: Corriger la fiche d’identité.
-- population: select count(*) from staging.stg_gam__patients
select
    patients.finess_ej,
    cast(null as varchar) as detail
from staging.stg_gam__patients as patients
cross join controle.seuils
where
    patients.date_naissance > seuils.date_extraction
    or date_diff('year', patients.date_naissance, seuils.date_extraction) > seuils.age_maximal_ans
