-- objet: intermediaire.int_dmp_patients
-- dimension: completude
-- severite: alerte
-- titre: Patients venus dont aucun statut DMP n’est connu
-- explication: Sans constat, un patient est compté sans DMP et sort des dénominateurs. Le constat n’est fait que pour
--   un établissement qui envoie des statuts et où la part de ces patients dépasse le seuil.
-- remede: Vérifier le téléservice de test d’existence du DMP à l’admission et son export (gam/statuts_dmp).
-- population: select count(*) from (select distinct finess_ej, ipp from intermediaire.int_venues where ipp is not null)
with patients_venus as (

    select distinct
        finess_ej,
        ipp
    from intermediaire.int_venues
    where ipp is not null

),

patients_avec_statut as (

    select distinct
        finess_ej,
        ipp
    from intermediaire.int_dmp_patients

),

situations as (

    select
        patients_venus.finess_ej,
        statuts.ipp is null as sans_statut,
        avg(case when statuts.ipp is null then 100.0 else 0 end) over (partition by patients_venus.finess_ej) as part
    from patients_venus
    left join patients_avec_statut as statuts
        on
            patients_venus.finess_ej = statuts.finess_ej
            and patients_venus.ipp = statuts.ipp
    where patients_venus.finess_ej in (select finess_ej from intermediaire.int_dmp_patients)

)

select
    situations.finess_ej,
    cast(null as varchar) as detail
from situations
cross join controle.seuils
where
    situations.sans_statut
    and situations.part > seuils.patients_sans_statut_pourcent
