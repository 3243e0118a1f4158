-- Is the target of an indicator reached by every establishment of the group, and if not, by whom? The guide HOP'EN makes
-- it the duty of the supporting establishment (« Déclinaison GHT » of every fiche).
-- One row per group and indicator that has a target, on the latest complete period. An establishment without the activity
-- or without any case is not concerned; one whose flux or data are missing has proved nothing, and is named.

with attendus as (

    select
        etablissements.ght,
        etablissements.finess_ej,
        etablissements.raison_sociale,
        indicateurs.ordre,
        indicateurs.programme,
        indicateurs.indicateur,
        indicateurs.libelle
    from {{ ref('stg_reference__etablissements') }} as etablissements
    cross join {{ ref('catalogue_indicateurs') }} as indicateurs
    where
        etablissements.ght is not null
        and indicateurs.indicateur in (select cibles.indicateur from {{ ref('cibles') }} as cibles)

),

situations as (

    select
        attendus.ght,
        attendus.finess_ej,
        attendus.raison_sociale,
        attendus.ordre,
        attendus.programme,
        attendus.indicateur,
        attendus.libelle,
        dernieres.periode_debut,
        dernieres.periode_fin,
        dernieres.cible,
        case
            when dernieres.cible_atteinte then 'ATTEINT'
            when not dernieres.cible_atteinte then 'NON_ATTEINT'
            when dernieres.motif_non_applicable in ('NON_CONCERNE', 'ACTIVITE_ABSENTE', 'AUCUN_CAS') then 'NON_CONCERNE'
            when dernieres.applicable then 'SANS_CIBLE'
            else 'SANS_MESURE'
        end as situation
    from attendus
    left join {{ ref('indicateurs_derniere_periode') }} as dernieres
        on
            attendus.finess_ej = dernieres.finess_ej
            and attendus.indicateur = dernieres.indicateur
            and dernieres.axe = 'TOUS'

)

select
    programme,
    indicateur,
    libelle,
    ght,
    max(periode_debut) as periode_debut,
    max(periode_fin) as periode_fin,
    count(*) as nb_etablissements,
    count(*) filter (where situation = 'ATTEINT') as nb_atteints,
    count(*) filter (where situation = 'NON_ATTEINT') as nb_non_atteints,
    count(*) filter (where situation = 'NON_CONCERNE') as nb_non_concernes,
    count(*) filter (where situation = 'SANS_MESURE') as nb_sans_mesure,
    -- Null when nobody is concerned, or when the period has no target (SUN-ES outside its windows).
    case
        when count(*) filter (where situation in ('NON_ATTEINT', 'SANS_MESURE')) > 0 then false
        when count(*) filter (where situation = 'ATTEINT') > 0 then true
    end as atteint_par_tous,
    {{ liste_triee("raison_sociale", "situation = 'NON_ATTEINT'") }} as etablissements_non_atteints,
    {{ liste_triee("raison_sociale", "situation = 'SANS_MESURE'") }} as etablissements_sans_mesure,
    ordre
from situations
group by ordre, programme, indicateur, libelle, ght
order by ordre, ght
