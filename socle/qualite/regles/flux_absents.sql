-- objet: qualite.fichiers
-- dimension: completude
-- severite: alerte
-- titre: Flux attendu dont aucun fichier n’a été lu
-- explication: Un indicateur applicable à l’établissement a besoin de ce flux ; il est donc rendu « non applicable ».
-- remede: Faire déposer l’export du flux dans le dossier de l’établissement.
with attendus as (

    select distinct
        etablissements.finess_ej,
        besoins.flux
    from intermediaire.int_besoins as besoins
    inner join reference.catalogue_indicateurs as indicateurs
        on besoins.indicateur = indicateurs.indicateur
    cross join staging.stg_reference__etablissements as etablissements
    where
        indicateurs.activite is null
        or indicateurs.activite = 'chirurgie' and etablissements.chirurgie
        or indicateurs.activite = 'ace' and etablissements.ace
        or indicateurs.activite = 'laboratoire_interne' and etablissements.laboratoire_interne
        or indicateurs.activite = 'imagerie_interne' and etablissements.imagerie_interne

)

select
    attendus.finess_ej,
    attendus.flux as detail
from attendus
where
    -- An establishment without any file has its own rule.
    exists (select 1 from qualite.fichiers where fichiers.finess_ej = attendus.finess_ej)
    and not exists (
        select 1
        from intermediaire.int_flux_presents as presents
        where
            presents.finess_ej = attendus.finess_ej
            and (
                presents.flux = split_part(attendus.flux, ' | ', 1)
                or presents.flux = split_part(attendus.flux, ' | ', 2)
            )
    )
