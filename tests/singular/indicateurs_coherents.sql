-- The shape of every indicator, checked once on the long table: one row per key, a numerator inside its denominator, a
-- rate that says the same, a target judged only where the indicator applies.

with controles as (

    select
        indicateur,
        finess_ej,
        periode_debut,
        axe,
        case
            when count(*) over (partition by indicateur, finess_ej, periode_debut, periode_fin, axe) > 1
                then 'clé en double'
            when
                finess_ej is null or periode_debut is null or periode_fin is null or axe is null or numerateur is null
                or periode_complete is null or applicable is null or libelle is null
                then 'valeur obligatoire vide'
            when periode_debut > periode_fin then 'période à l’envers'
            when nature <> 'compte' and denominateur is null then 'dénominateur vide'
            when nature = 'compte' and (denominateur is not null or taux is not null) then 'taux sur un compte'
            when numerateur < 0 or numerateur > denominateur then 'numérateur hors du dénominateur'
            when denominateur = 0 and taux is not null then 'taux sans dénominateur'
            when abs(taux * denominateur - 100 * numerateur) > 0.000001 * denominateur then 'taux inexact'
            when applicable is distinct from (motif_non_applicable is null) then 'motif sans objet ou absent'
            when nature <> 'compte' and applicable and taux is null then 'taux vide'
            when motif_non_applicable = 'FLUX_ABSENT' and taux is not null then 'taux malgré un flux absent'
            when nature <> 'compte' and applicable and cible_atteinte is distinct from (taux >= cible)
                then 'cible mal jugée'
            when not applicable and (cible_atteinte is not null or restant_pour_cible is not null)
                then 'cible jugée sans mesure'
            when cible_atteinte is distinct from (restant_pour_cible = 0) then 'reste à faire incohérent'
            when abs(taux_national - taux - ecart_points) > 0.000001 then 'écart inexact'
        end as defaut
    from {{ ref('indicateurs') }}

)

select
    indicateur,
    finess_ej,
    periode_debut,
    axe,
    defaut
from controles
where defaut is not null
