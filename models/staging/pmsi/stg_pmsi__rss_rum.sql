-- One row per RUM kept. What identifies the patient is left in VID-HOSP, and the counters of the zones in the zones.
select
    finess_ej,
    ghm,
    finess_pmsi,
    numero_rss,
    nda,
    numero_rum,
    unite_medicale,
    date_entree,
    date_sortie,
    mode_sortie,
    nb_seances,
    diagnostic_principal,
    diagnostic_relie,
    annee,
    version_format,
    ligne_source
from {{ source('depot', 'pmsi_rss_rum') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'pmsi_remplacees') }})
