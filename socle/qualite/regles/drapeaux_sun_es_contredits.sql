-- objet: marts.sun_es_fenetres
-- dimension: coherence
-- severite: alerte
-- titre: Cible SUN-ES dont etablissements.csv dit autre chose que le calcul
-- explication: Le drapeau choisit la cible HOP’EN2 de l’indicateur analogue. Il est contredit quand une fenêtre atteint
--   la cible sans qu’il le dise, ou quand il la dit atteinte et qu’aucune fenêtre, toutes mesurées, ne l’atteint.
-- remede: Vérifier la notification de l’ARS, puis corriger le drapeau de l’établissement dans etablissements.csv.
with drapeaux as (

    unpivot (
        select
            finess_ej,
            coalesce(sun_es_ds1_1, false) as "DS1.1",
            coalesce(sun_es_ds1_2, false) as "DS1.2",
            coalesce(sun_es_ds1_3, false) as "DS1.3",
            coalesce(sun_es_ds2_1, false) as "DS2.1",
            coalesce(sun_es_ds3_1, false) as "DS3.1",
            coalesce(sun_es_ds4_1, false) as "DS4.1",
            coalesce(sun_es_ds4_2, false) as "DS4.2"
        from staging.stg_reference__etablissements
    )
    on columns(* exclude (finess_ej))
    into name indicateur value dit_atteint

),

calcules as (

    select
        fenetres.finess_ej,
        fenetres.indicateur,
        bool_or(fenetres.atteinte) as atteint,
        bool_and(fenetres.motif is distinct from 'AUCUNE_DONNEE' and fenetres.motif is distinct from 'FLUX_ABSENT') as mesure
    from marts.sun_es_fenetres as fenetres
    cross join controle.seuils
    where fenetres.date_debut <= seuils.date_extraction
    group by fenetres.finess_ej, fenetres.indicateur

)

select
    drapeaux.finess_ej,
    drapeaux.indicateur as detail
from drapeaux
inner join calcules
    on
        drapeaux.finess_ej = calcules.finess_ej
        and drapeaux.indicateur = calcules.indicateur
where
    drapeaux.dit_atteint <> calcules.atteint
    and (calcules.atteint or calcules.mesure)
