-- One row per file found: what was made of it. nb_lignes is counted on the file's bytes when it is opened, the other
-- counts by the reader: read = kept + superseded + rejected + ignored.

{%- set relations = {
    'gam/patients': 'int_gam_patients',
    'gam/venues': 'int_gam_venues',
    'gam/statuts_dmp': 'int_gam_statuts_dmp',
    'gam/venues_correspondants': 'int_gam_venues_correspondants',
    'dpi/documents': 'int_dpi_documents',
    'dpi/transmissions_dmp': 'int_dpi_transmissions_dmp',
    'dpi/transmissions_mss': 'int_dpi_transmissions_mss',
} %}

with types_pmsi as (

    -- « A file whose lines are all of unknown type is reported whole »; they look like a known type when they have a version.
    select
        ligne_source,
        count(type_fichier) as nb_types,
        count(version_format) as nb_versions
    from {{ ref('stg_pmsi__fichiers') }}
    group by ligne_source

),

interfacees as (

    select distinct finess_ej
    from {{ ref('stg_reference__fichiers') }}
    where flux in ('gam/hl7', 'dpi/hl7')

),

-- « A message may replace a row of a table » of an establishment that sends some.
lignes_gardees as (
    {%- for flux, relation in relations.items() %}
    {%- if not loop.first %}

    union all
    {%- endif %}

    select
        '{{ flux }}' as flux,
        ligne_source
    from {{ ref(relation) }}
    where
        source = 'TABLE'
        and finess_ej in (select finess_ej from interfacees)
    {%- endfor %}

),

tables_et_messages as (

    select
        fichiers.flux,
        fichiers.rang,
        fichiers.nb_lues,
        count(lignes_gardees.ligne_source) as nb_retenues,
        fichiers.nb_remplacees + fichiers.nb_retenues - count(lignes_gardees.ligne_source) as nb_remplacees,
        fichiers.nb_rejetees
    from {{ ref('stg_reference__fichiers') }} as fichiers
    left join lignes_gardees
        on
            fichiers.flux = lignes_gardees.flux
            and fichiers.rang = floor(lignes_gardees.ligne_source / 10000000000)
    where
        fichiers.flux in ('{{ relations | join("', '") }}')
        and fichiers.finess_ej in (select finess_ej from interfacees)
    group by fichiers.flux, fichiers.rang, fichiers.nb_lues, fichiers.nb_retenues, fichiers.nb_remplacees, fichiers.nb_rejetees

),

-- A message sound by itself may contradict others; that of a document whose body cannot be read is kept.
messages_rejetes as (

    select distinct
        flux,
        ligne_source
    from {{ ref('int_gam_messages_rejets') }}
    where motif <> 'CORPS_ILLISIBLE'

),

comptes as (

    select * from tables_et_messages

    union all

    select
        fichiers.flux,
        fichiers.rang,
        fichiers.nb_lues,
        fichiers.nb_retenues - count(messages_rejetes.ligne_source) as nb_retenues,
        fichiers.nb_remplacees,
        fichiers.nb_rejetees + count(messages_rejetes.ligne_source) as nb_rejetees
    from {{ ref('stg_reference__fichiers') }} as fichiers
    inner join messages_rejetes
        on
            fichiers.flux = messages_rejetes.flux
            and fichiers.rang = floor(messages_rejetes.ligne_source / 10000000000)
    group by fichiers.flux, fichiers.rang, fichiers.nb_lues, fichiers.nb_retenues, fichiers.nb_remplacees, fichiers.nb_rejetees

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
        when fichiers.format = 'csv'
            then
                greatest(fichiers.nb_lignes - 1, 0)
                + coalesce(fichiers.nb_ignorees, 0)
                - coalesce(fichiers.nb_filtrees, 0)
        else fichiers.nb_lignes
    end as nb_lignes,
    coalesce(comptes.nb_lues, fichiers.nb_lues, 0) as nb_lues,
    coalesce(comptes.nb_retenues, fichiers.nb_retenues, 0) as nb_retenues,
    coalesce(comptes.nb_remplacees, fichiers.nb_remplacees, 0) as nb_remplacees,
    coalesce(comptes.nb_rejetees, fichiers.nb_rejetees, 0) as nb_rejetees,
    -- Those that a correspondence leaves out included.
    coalesce(fichiers.nb_ignorees, 0) as nb_ignorees,
    fichiers.mode_transmission,
    fichiers.nb_lignes_remplacees
from {{ ref('stg_reference__fichiers') }} as fichiers
left join types_pmsi
    on case when fichiers.flux like 'pmsi/%' then fichiers.rang * 10000000000 end = types_pmsi.ligne_source
left join comptes
    on
        fichiers.flux = comptes.flux
        and fichiers.rang = comptes.rang
order by fichiers.finess_ej, fichiers.flux, fichiers.fichier
