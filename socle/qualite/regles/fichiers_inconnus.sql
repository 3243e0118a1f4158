-- objet: qualite.fichiers
-- dimension: validite
-- severite: alerte
-- titre: Fichiers ignorés, leur nom ou leur place n’est pas au contrat
-- explication: Le nom attendu est <flux>_<AAAAMMJJ>.csv ou .parquet dans le dossier de la source.
-- remede: Renommer ou déplacer le fichier ; « socle etat » donne son nom.
-- population: select count(*) from qualite.fichiers
select
    -- A folder or a file may bear any name: only what the contract knows is shown.
    case when regexp_full_match(finess_ej, '[0-9][0-9AB][0-9]{7}') then finess_ej else 'Tous' end as finess_ej,
    nullif(regexp_extract(fichier, '^[^/]*/(gam|dpi|pmsi|national|declaratif)/', 1), '') as detail
from qualite.fichiers
where etat = 'FICHIER_INCONNU'
