-- objet: staging.stg_gam__patients
-- dimension: validite
-- severite: alerte
-- titre: Matricules INS mal formés
-- explication: Un matricule compte 15 caractères : 13 du NIR ou du NIA et 2 de la clé, 97 moins le reste de la division
--   par 97 (Corse : 2A vaut 19, 2B vaut 18).
-- remede: Vérifier l’export (clé omise, zéros perdus) puis relancer le téléservice INSi pour ces patients.
-- population: select count(*) from staging.stg_gam__patients where ins_matricule is not null
with matricules as (

    select
        finess_ej,
        ins_matricule,
        length(ins_matricule) as longueur,
        regexp_full_match(ins_matricule, '[0-9]{5}([0-9]{2}|2A|2B)[0-9]{8}') as est_bien_forme
    from staging.stg_gam__patients
    where ins_matricule is not null

),

numeros as (

    select
        finess_ej,
        longueur,
        est_bien_forme,
        case
            when est_bien_forme
                then cast(
                    concat(
                        substr(ins_matricule, 1, 5),
                        case substr(ins_matricule, 6, 2)
                            when '2A' then '19'
                            when '2B' then '18'
                            else substr(ins_matricule, 6, 2)
                        end,
                        substr(ins_matricule, 8, 6)
                    ) as bigint
                )
        end as numero,
        case when est_bien_forme then cast(substr(ins_matricule, 14, 2) as integer) end as cle
    from matricules

)

select
    finess_ej,
    case
        when longueur = 13 then 'clé absente'
        when longueur <> 15 then 'longueur fausse'
        when not est_bien_forme then 'caractères interdits'
        else 'clé fausse'
    end as detail
from numeros
where
    not est_bien_forme
    or 97 - numero % 97 <> cle
