-- What the PMSI leaves to be corrected, for the quality report: one row per establishment, champ, month of exit and
-- anomaly. SANS_IPP: no VID-HOSP line gives the patient, the venue takes no part in what needs the patient.
-- ERREUR_GROUPAGE: CMD 90 or blank GHM, the venue is kept as a MCO stay. NDA_ABSENT: neither the line nor HOSP-PMSI gives
-- it, the number of the RSS or of the SMR stay had to serve. RSS_EN_DOUBLE: « two RSS of one NDA with the same dates and GHM
-- under two numbers ».

with anomalies as (

    select
        finess_ej,
        champ,
        date_sortie,
        'SANS_IPP' as anomalie
    from {{ ref('int_venues_pmsi') }}
    where ipp is null

    union all

    select
        finess_ej,
        champ,
        date_sortie,
        'ERREUR_GROUPAGE' as anomalie
    from {{ ref('int_venues_pmsi') }}
    where en_erreur_de_groupage

    union all

    select
        finess_ej,
        champ,
        date_sortie,
        'NDA_ABSENT' as anomalie
    from {{ ref('int_venues_pmsi') }}
    where sans_nda

    union all

    select
        finess_ej,
        champ,
        date_sortie,
        'RSS_EN_DOUBLE' as anomalie
    from {{ ref('int_venues_pmsi') }}
    where en_double

),

anomalies_du_mois as (

    select
        finess_ej,
        champ,
        {{ premier_du_mois('cast(date_sortie as date)') }} as mois_sortie,
        anomalie
    from anomalies

)

select
    finess_ej,
    champ,
    mois_sortie,
    anomalie,
    count(*) as nb_venues
from anomalies_du_mois
group by finess_ej, champ, mois_sortie, anomalie
order by finess_ej, champ, mois_sortie, anomalie
