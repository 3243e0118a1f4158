-- objet: marts.indicateurs
-- dimension: coherence
-- severite: bloquante
-- titre: Indicateurs dont la ligne se contredit
-- explication: Une ligne par clé, un numérateur compris dans son dénominateur, un taux qui dit la même chose, une cible
--   jugée seulement là où l’indicateur s’applique. Un écart est un défaut de calcul.
-- remede: Signaler l’indicateur et le mois au mainteneur de socle.
-- population: select count(*) from marts.indicateurs
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
            when (applicable is distinct from (motif_non_applicable is null)) then 'motif sans objet ou absent'
            when nature <> 'compte' and applicable and taux is null then 'taux vide'
            when motif_non_applicable = 'FLUX_ABSENT' and taux is not null then 'taux malgré un flux absent'
            -- The weighted rate, on which the reading o7_ponderation = oui judges P1.O7, may reach the target before the rate.
            when
                nature <> 'compte' and applicable and (cible_atteinte is distinct from (taux >= cible))
                and not (indicateur = 'P1.O7' and cible_atteinte)
                then 'cible mal jugée'
            when not applicable and (cible_atteinte is not null or restant_pour_cible is not null)
                then 'cible jugée sans mesure'
            when (cible_atteinte is distinct from (restant_pour_cible = 0)) then 'reste à faire incohérent'
            when abs(taux_national - taux - ecart_points) > 0.000001 then 'écart inexact'
        end as defaut
    from marts.indicateurs

)

select
    coalesce(finess_ej, 'Tous') as finess_ej,
    concat_ws(', ', indicateur, strftime(periode_debut, '%Y-%m'), defaut) as detail
from controles
where defaut is not null
