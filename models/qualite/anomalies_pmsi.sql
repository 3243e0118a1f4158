-- What the PMSI leaves to be corrected, for the quality report: one row per establishment, champ, month of exit and
-- anomaly. SANS_IPP: no VID-HOSP line gives the patient, the venue takes no part in what needs the patient.
-- ERREUR_GROUPAGE: CMD 90 or blank GHM, the venue is kept as a MCO stay. NDA_ABSENT: its own number had to serve.

with venues as (

    select
        finess_ej,
        champ,
        iep,
        ipp,
        cast(date_sortie as date) as date_sortie
    from {{ ref('int_venues_pmsi') }}

),

rss as (

    select
        finess_ej,
        numero_rss,
        max(nda) as nda,
        max(ghm) as ghm,
        max(date_sortie) as date_sortie
    from {{ ref('stg_pmsi__rss_rum') }}
    group by finess_ej, numero_rss

),

anomalies as (

    select
        finess_ej,
        champ,
        date_sortie,
        'SANS_IPP' as anomalie
    from venues
    where ipp is null

    union all

    select
        finess_ej,
        'MCO' as champ,
        date_sortie,
        'ERREUR_GROUPAGE' as anomalie
    from rss
    where ghm is null or ghm like '90%'

    union all

    select
        finess_ej,
        'MCO' as champ,
        date_sortie,
        'NDA_ABSENT' as anomalie
    from rss
    where nda is null

)

select
    finess_ej,
    champ,
    {{ premier_du_mois('date_sortie') }} as mois_sortie,
    anomalie,
    count(*) as nb_venues
from anomalies
group by finess_ej, champ, {{ premier_du_mois('date_sortie') }}, anomalie
