-- objet: staging.stg_reference__etablissements
-- dimension: completude
-- severite: alerte
-- titre: Établissement déclaré dont aucun fichier n’a été déposé
-- explication: L’établissement figure dans etablissements.csv et n’a pas de dossier d’exports.
-- remede: Déposer ses exports, ou retirer sa ligne d’etablissements.csv.
-- population: select count(*) from staging.stg_reference__etablissements
select
    etablissements.finess_ej,
    cast(null as varchar) as detail
from staging.stg_reference__etablissements as etablissements
left join qualite.fichiers
    on etablissements.finess_ej = fichiers.finess_ej
where fichiers.finess_ej is null
