-- Events of each dated flux: one row per establishment, flux and day, with their number.
create table controle.evenements as
with evenements as (

    select finess_ej, 'gam/venues' as flux, cast(date_entree as date) as jour
    from staging.stg_gam__venues
    union all
    select finess_ej, 'gam/statuts_dmp' as flux, cast(date_constat as date) as jour
    from staging.stg_gam__statuts_dmp
    union all
    select finess_ej, 'dpi/documents' as flux, cast(date_creation as date) as jour
    from staging.stg_dpi__documents
    union all
    select finess_ej, 'dpi/transmissions_dmp' as flux, cast(date_envoi as date) as jour
    from staging.stg_dpi__transmissions_dmp
    union all
    select finess_ej, 'dpi/transmissions_mss' as flux, cast(date_envoi as date) as jour
    from staging.stg_dpi__transmissions_mss
    union all
    select finess_ej, 'dpi/consultations_dmp' as flux, cast(date_transaction as date) as jour
    from staging.stg_dpi__consultations_dmp
    union all
    select finess_ej, 'dpi/documents_recus_mss' as flux, cast(date_reception as date) as jour
    from staging.stg_dpi__documents_recus_mss
    union all
    select finess_ej, 'dpi/prescriptions' as flux, cast(date_prescription as date) as jour
    from staging.stg_dpi__prescriptions
    union all
    select finess_ej, 'dpi/mises_a_jour_dossier' as flux, cast(date_mise_a_jour as date) as jour
    from staging.stg_dpi__mises_a_jour_dossier
    union all
    select finess_ej, 'dpi/rendez_vous' as flux, cast(date_realisation as date) as jour
    from staging.stg_dpi__rendez_vous
    union all
    select finess_ej, 'dpi/interventions' as flux, cast(date_intervention as date) as jour
    from staging.stg_dpi__interventions

)

select
    finess_ej,
    flux,
    jour,
    count(*) as nb
from evenements
group by finess_ej, flux, jour
