-- objet: staging.stg_gam__patients
-- dimension: unicite
-- severite: alerte
-- titre: Matricules INS portés par plusieurs patients
-- explication: Deux identifiants locaux pour un même matricule : doublon d’identité, compté deux fois dans la file active.
-- remede: Transmettre à la cellule d’identitovigilance pour fusion.
-- population: select count(*) from staging.stg_gam__patients where ins_matricule is not null
with matricules as (

    select
        finess_ej,
        count(*) over (partition by finess_ej, ins_matricule, ins_oid) as nb_patients
    from staging.stg_gam__patients
    where
        ins_matricule is not null
        and not identite_fictive

)

select
    finess_ej,
    cast(null as varchar) as detail
from matricules
where nb_patients > 1
