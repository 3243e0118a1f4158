-- One row per file found: what was made of it. nb_lignes is counted on the file's bytes when it is opened, the other
-- counts by the reader: read = kept + superseded + rejected + ignored.

with types_pmsi as (

    -- « A file whose lines are all of unknown type is reported whole »; they look like a known type when they have a version.
    select
        ligne_source,
        count(type_fichier) as nb_types,
        count(version_format) as nb_versions
    from {{ ref('stg_pmsi__fichiers') }}
    group by ligne_source

)

select
    fichiers.finess_ej,
    fichiers.flux,
    fichiers.fichier,
    fichiers.extrait_le as date_extraction,
    case
        when types_pmsi.nb_versions = 0 then 'FICHIER_INCONNU'
        when types_pmsi.nb_types = 0 then 'VERSION_INCONNUE'
        else fichiers.etat
    end as etat,
    fichiers.erreur as raison,
    fichiers.encodage,
    fichiers.taille,
    fichiers.empreinte,
    fichiers.colonnes_manquantes,
    fichiers.colonnes_inconnues,
    case
        when fichiers.format = 'csv' then greatest(fichiers.nb_lignes - 1, 0) + coalesce(fichiers.nb_ignorees, 0)
        else fichiers.nb_lignes
    end as nb_lignes,
    coalesce(fichiers.nb_lues, 0) as nb_lues,
    coalesce(fichiers.nb_retenues, 0) as nb_retenues,
    coalesce(fichiers.nb_remplacees, 0) as nb_remplacees,
    coalesce(fichiers.nb_rejetees, 0) as nb_rejetees,
    coalesce(fichiers.nb_ignorees, 0) as nb_ignorees,
    fichiers.mode_transmission,
    fichiers.nb_lignes_remplacees
from {{ ref('stg_reference__fichiers') }} as fichiers
left join types_pmsi
    on
        fichiers.flux like 'pmsi/%'
        and fichiers.rang * 10000000000 = types_pmsi.ligne_source
