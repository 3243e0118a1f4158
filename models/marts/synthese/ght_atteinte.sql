-- Is the target of an indicator reached by every establishment of the group, and if not, by whom? The guide HOP'EN makes
-- it the duty of the supporting establishment (« Déclinaison GHT » of every fiche).
-- One row per group and indicator that has a target, on the period on which each establishment is judged. One that this
-- period does not concern (no activity, no case, not in the programme) is left out; one whose flux or data are missing
-- has proved nothing, and is named.

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
        juges.periode_debut,
        juges.periode_fin,
        juges.cible,
        case
            when juges.cible_atteinte then 'ATTEINT'
            when not juges.cible_atteinte then 'NON_ATTEINT'
            when juges.applicable then 'SANS_CIBLE'
            when juges.motif_non_applicable <> 'FLUX_ABSENT' then 'NON_CONCERNE'
            else 'SANS_MESURE'
        end as situation
    from attendus
    left join {{ ref('indicateurs_juges') }} as juges
        on
            attendus.finess_ej = juges.finess_ej
            and attendus.indicateur = juges.indicateur
            and juges.axe = 'TOUS'

)

select
    programme,
    indicateur,
    libelle,
    ght,
    -- Each establishment has its own period where it chooses its month.
    min(periode_debut) as periode_debut,
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
    {{ liste_triee(
        "raison_sociale || ' : ' || " ~ mois_annee('periode_fin'), "situation in ('ATTEINT', 'NON_ATTEINT')"
    ) }} as mois_juges,
    {{ liste_triee("raison_sociale", "situation = 'NON_ATTEINT'") }} as etablissements_non_atteints,
    {{ liste_triee("raison_sociale", "situation = 'SANS_MESURE'") }} as etablissements_sans_mesure,
    ordre
from situations
group by ordre, programme, indicateur, libelle, ght
order by ordre, ght
