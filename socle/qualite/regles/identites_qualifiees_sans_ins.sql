-- objet: staging.stg_gam__patients
-- dimension: completude
-- severite: alerte
-- titre: Identités qualifiées sans matricule INS
-- explication: Le référentiel d’identitovigilance lie le statut « qualifiée » à la présence du matricule INS.
-- remede: Corriger l’export des patients ou la fiche d’identité.
-- population: select count(*) from staging.stg_gam__patients where statut_identite = 'QUALIFIEE'
select
    finess_ej,
    cast(null as varchar) as detail
from staging.stg_gam__patients
where
    statut_identite = 'QUALIFIEE'
    and ins_matricule is null
