-- objet: qualite.fichiers
-- dimension: fraicheur
-- severite: bloquante
-- titre: Établissement sans aucun événement juste avant la date d’extraction
-- explication: Les derniers mois seraient publiés comme connus alors que rien n’en est arrivé : la date d’extraction est
--   fausse, ou l’établissement n’envoie plus ses fichiers.
-- remede: Indiquer le dernier jour connu (SOCLE_DATE_EXTRACTION) ou redéposer les exports ; si l’activité a cessé, accepter
--   le constat dans les réglages.
with evenements as (

    select
        finess_ej,
        jour
    from controle.evenements

    union all

    -- What the PMSI knows of the stays that it gives.
    select
        finess_ej,
        date_entree as jour
    from intermediaire.int_venues

    union all

    select
        finess_ej,
        date_sortie as jour
    from intermediaire.int_venues

)

select
    evenements.finess_ej,
    coalesce(
        concat('dernier événement le ', strftime(max(evenements.jour) filter (
            where evenements.jour <= seuils.date_extraction
        ), '%d/%m/%Y')),
        'tous les événements sont postérieurs'
    ) as detail
from evenements
cross join controle.seuils
where evenements.jour is not null
group by
    evenements.finess_ej,
    seuils.date_extraction,
    seuils.evenements_recents_jours
having
    count(*) filter (
        where date_diff('day', evenements.jour, seuils.date_extraction) between 0 and seuils.evenements_recents_jours
    ) = 0
