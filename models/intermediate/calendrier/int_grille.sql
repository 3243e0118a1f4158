-- The grid comes first: one row per indicator, establishment, period and value of the axis, with the target that
-- applies and what makes the indicator not applicable, whatever was counted.

with drapeaux as (

    select
        finess_ej,
        source_sejours,
        chirurgie,
        ace,
        laboratoire_interne,
        imagerie_interne,
        sun_es_ds1_1,
        sun_es_ds1_2,
        sun_es_ds1_3,
        sun_es_ds2_1,
        sun_es_ds3_1,
        sun_es_ds4_1,
        sun_es_ds4_2
    from {{ ref('stg_reference__etablissements') }}

),

flux_absents as (

    select distinct
        indicateur,
        finess_ej
    from {{ ref('int_flux_absents') }}

),

-- « Établissements mono-activité »: all the hospital venues are of one champ.
etablissements_mono_activite as (

    select
        finess_ej,
        min(champ) as champ
    from {{ ref('int_venues') }}
    where est_hospitaliere
    group by finess_ej
    having min(champ) = max(champ)

),

grille as (

    select
        indicateurs.ordre,
        indicateurs.indicateur,
        indicateurs.programme,
        indicateurs.nature,
        indicateurs.activite,
        periodes.finess_ej,
        periodes.periode_debut,
        periodes.periode_fin,
        periodes.periode_complete,
        axes.axe
    from {{ ref('catalogue_indicateurs') }} as indicateurs
    inner join {{ ref('int_periodes') }} as periodes
        on indicateurs.periode = periodes.nature
    inner join {{ ref('int_axes') }} as axes
        on
            indicateurs.indicateur = axes.indicateur
            and coalesce(axes.finess_ej, periodes.finess_ej) = periodes.finess_ej

)

select
    grille.ordre,
    grille.indicateur,
    grille.programme,
    grille.nature,
    grille.finess_ej,
    grille.periode_debut,
    grille.periode_fin,
    grille.periode_complete,
    grille.axe,
    case
        when
            coalesce(
                cibles.drapeau_sun_es = 'ds1_1' and drapeaux.sun_es_ds1_1
                or cibles.drapeau_sun_es = 'ds1_2' and drapeaux.sun_es_ds1_2
                or cibles.drapeau_sun_es = 'ds1_3' and drapeaux.sun_es_ds1_3
                or cibles.drapeau_sun_es = 'ds2_1' and drapeaux.sun_es_ds2_1
                or cibles.drapeau_sun_es = 'ds3_1' and drapeaux.sun_es_ds3_1
                or cibles.drapeau_sun_es = 'ds4_1' and drapeaux.sun_es_ds4_1
                or cibles.drapeau_sun_es = 'ds4_2' and drapeaux.sun_es_ds4_2,
                false
            )
            then cibles.cible_si_sun_es_atteint
        else cibles.cible
    end as cible,
    -- « FLUX_ABSENT, then NON_CONCERNE, then ACTIVITE_ABSENTE »; AUCUN_CAS depends on what is counted.
    case
        when flux_absents.indicateur is not null then 'FLUX_ABSENT'
        when exclusions.motif is not null then exclusions.motif
        when not {{ possede_activite('grille.activite', 'drapeaux') }} then 'ACTIVITE_ABSENTE'
    end as motif_etablissement,
    -- What the guide does not ask of the establishment, whatever it sends.
    case
        when exclusions.motif is not null then exclusions.motif
        when not {{ possede_activite('grille.activite', 'drapeaux') }} then 'ACTIVITE_ABSENTE'
    end as motif_non_demande,
    coalesce(drapeaux.source_sejours, 'GAM') as source_seance
from grille
inner join drapeaux
    on grille.finess_ej = drapeaux.finess_ej
left join flux_absents
    on
        grille.finess_ej = flux_absents.finess_ej
        and grille.indicateur = flux_absents.indicateur
left join etablissements_mono_activite
    on grille.finess_ej = etablissements_mono_activite.finess_ej
left join {{ ref('mono_activites') }} as exclusions
    on
        grille.indicateur = exclusions.indicateur
        and etablissements_mono_activite.champ = exclusions.champ
left join {{ ref('cibles') }} as cibles
    on
        grille.indicateur = cibles.indicateur
        and grille.periode_fin between coalesce(cibles.date_debut, grille.periode_fin)
        and coalesce(cibles.date_fin, grille.periode_fin)
        and coalesce(cibles.variante, '{{ var("cibles_mssante") }}') = '{{ var("cibles_mssante") }}'
