-- One row per file found: what was made of it. nb_lignes is counted on the file's bytes when it is opened, the other
-- counts by the reader: read = kept + superseded + rejected + ignored.

with lectures as (
    {{ union_des_flux('comptes') }}
    union all
    {{ comptes_des_messages() }}
),

-- A PMSI file may hold lines of several types.
comptes as (

    select
        flux,
        rang,
        sum(nb_lues) as nb_lues,
        sum(nb_retenues) as nb_retenues,
        sum(nb_remplacees) as nb_remplacees,
        sum(nb_rejetees) as nb_rejetees,
        sum(nb_ignorees) as nb_ignorees
    from lectures
    group by flux, rang

),

-- « A file whose lines are all of unknown type is reported whole »; its lines look like a known type when they have a version.
types_pmsi as (

    select
        flux,
        rang,
        count(type_fichier) as nb_types,
        count(version_format) as nb_versions
    from {{ ref('stg_pmsi__fichiers') }}
    group by flux, rang

),

transmissions_pmsi as (
    {{ transmissions_du_pmsi() }}
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
        when fichiers.format = 'csv' then greatest(fichiers.nb_lignes - 1, 0) + fichiers.nb_ignorees else fichiers.nb_lignes
    end as nb_lignes,
    coalesce(comptes.nb_lues, 0) as nb_lues,
    coalesce(comptes.nb_retenues, 0) as nb_retenues,
    coalesce(comptes.nb_remplacees, 0) as nb_remplacees,
    coalesce(comptes.nb_rejetees, 0) as nb_rejetees,
    coalesce(comptes.nb_ignorees, 0) as nb_ignorees,
    transmissions_pmsi.mode_transmission,
    transmissions_pmsi.nb_lignes_remplacees
from {{ ref('stg_reference__fichiers') }} as fichiers
left join comptes
    on
        fichiers.flux = comptes.flux
        and fichiers.rang = comptes.rang
left join types_pmsi
    on
        fichiers.flux = types_pmsi.flux
        and fichiers.rang = types_pmsi.rang
left join transmissions_pmsi
    on
        fichiers.flux = transmissions_pmsi.flux
        and fichiers.rang = transmissions_pmsi.rang
