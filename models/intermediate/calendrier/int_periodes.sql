-- Périodes de chaque établissement : du mois de sa première venue à celui de l'extraction ; sans aucune venue, l'instant seul.
-- Une entrée si ancienne qu'aucun programme n'y remonte (anciennete_maximale_ans) ne commence rien : une date mal saisie, le
-- séjour d'une vie.
-- nature: mois, quinzaine (1–15, 16–end), trimestre_glissant and semestre_glissant (the 3, 6 months that end with the
-- month), instant (the day of extraction). A period that is not wholly known is produced, periode_complete = false.

with entrees as (

    select
        finess_ej,
        date_entree,
        {{ date_plus_mois('date_entree', var('anciennete_maximale_ans') * 12) }} >= {{ date_extraction() }} as plausible
    from {{ ref('int_venues') }}

),

premiers_mois as (

    select
        finess_ej,
        {{ premier_du_mois('coalesce(min(date_entree) filter (where plausible), ' ~ date_extraction() ~ ')') }} as premier_mois
    from entrees
    group by finess_ej

),

mois as (

    select
        finess_ej,
        premier_mois,
        {{ serie_de_mois('premier_mois', date_extraction()) }} as mois
    from premiers_mois

),

periodes as (

    select
        finess_ej,
        premier_mois,
        'mois' as nature,
        mois as periode_debut,
        {{ dernier_du_mois('mois') }} as periode_fin
    from mois

    union all

    select
        finess_ej,
        premier_mois,
        'quinzaine' as nature,
        mois as periode_debut,
        {{ jour_du_mois('mois', 15) }} as periode_fin
    from mois

    union all

    select
        finess_ej,
        premier_mois,
        'quinzaine' as nature,
        {{ jour_du_mois('mois', 16) }} as periode_debut,
        {{ dernier_du_mois('mois') }} as periode_fin
    from mois

    union all

    select
        finess_ej,
        premier_mois,
        'trimestre_glissant' as nature,
        {{ date_plus_mois('mois', -2) }} as periode_debut,
        {{ dernier_du_mois('mois') }} as periode_fin
    from mois

    union all

    select
        finess_ej,
        premier_mois,
        'semestre_glissant' as nature,
        {{ date_plus_mois('mois', -5) }} as periode_debut,
        {{ dernier_du_mois('mois') }} as periode_fin
    from mois

    union all

    select
        finess_ej,
        cast(null as date) as premier_mois,
        'instant' as nature,
        {{ date_extraction() }} as periode_debut,
        {{ date_extraction() }} as periode_fin
    from {{ ref('stg_reference__etablissements') }}

)

select
    finess_ej,
    nature,
    periode_debut,
    periode_fin,
    periode_fin <= {{ date_extraction() }} and periode_debut >= coalesce(premier_mois, periode_debut) as periode_complete
from periodes
