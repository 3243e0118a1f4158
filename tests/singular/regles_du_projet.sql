{{ config(tags='maintenance') }}
-- Rules of the project: names say the layer, everything a reader meets is described. What may depart from them is a row
-- of seed exceptions_regles, with its reason.
-- depends_on: {{ ref('indicateurs') }} {{ ref('indicateurs_juges') }} {{ ref('evolution') }}
-- depends_on: {{ ref('ght_atteinte') }} {{ ref('entonnoir') }} {{ ref('sun_es_financement') }}

with modeles as (

    {%- set lignes = [] %}
    {%- set prefixes = {'staging': 'stg_', 'intermediate': 'int_', 'populations': 'pop_'} %}
    {%- for noeud in graph.nodes.values() if noeud.resource_type == 'model' %}
    {%- do lignes.append(
        "select '" ~ noeud.name ~ "' as modele, '" ~ noeud.fqn[1] ~ "' as couche, "
        ~ (noeud.name.startswith(prefixes.get(noeud.fqn[1], '')) | string | lower) ~ " as bien_nomme, "
        ~ ((noeud.description | trim | length > 0) | string | lower) ~ " as decrit, ["
        ~ (noeud.columns.values() | selectattr('description') | map(attribute='name') | map('tojson') | join(', ') | replace('"', "'"))
        ~ "]::varchar[] as colonnes_decrites, "
        ~ "'" ~ noeud.schema ~ "' as schema_du_modele, '" ~ noeud.alias ~ "' as relation"
    ) %}
    {%- endfor %}
    {{ lignes | join('\n    union all\n    ')
        or "select '' as modele, '' as couche, true as bien_nomme, true as decrit, []::varchar[] as colonnes_decrites, "
        ~ "'' as schema_du_modele, '' as relation where false" }}

),

modeles_des_populations as (

    select modele
    from modeles
    where couche = 'populations'

),

populations_du_catalogue as (

    select distinct population
    from {{ ref('catalogue_indicateurs') }}

),

manquements as (

    select
        'NOM' as regle,
        modele as objet
    from modeles
    where not bien_nomme

    union all

    select
        'DESCRIPTION_MODELE' as regle,
        modele as objet
    from modeles
    where
        couche <> 'staging'
        and not decrit

    union all

    -- BI tools read in the warehouse what is described in the project. A build that goes on has tables without their
    -- comments yet: the descriptions are those of the project.
    select
        'DESCRIPTION_COLONNE' as regle,
        concat(modeles.modele, '.', colonnes.column_name) as objet
    from modeles
    inner join duckdb_columns() as colonnes
        on
            modeles.schema_du_modele = colonnes.schema_name
            and modeles.relation = colonnes.table_name
            and colonnes.database_name = current_database()
    where
        modeles.couche in ('marts', 'qualite')
        and not list_contains(modeles.colonnes_decrites, colonnes.column_name)

    union all

    -- A tool that reads all the tables together takes a column by its name: it has one type.
    select
        'TYPE_COLONNE' as regle,
        column_name as objet
    from duckdb_columns()
    where
        database_name = current_database()
        and schema_name in (
            select schema_du_modele
            from modeles
            where couche in ('marts', 'qualite')
        )
    group by column_name
    having count(distinct data_type) > 1

    union all

    -- A population serves an indicator of the catalogue, and the catalogue names populations that exist.
    select
        'POPULATION' as regle,
        coalesce(modeles.modele, catalogue.population) as objet
    from populations_du_catalogue as catalogue
    full outer join modeles_des_populations as modeles
        on catalogue.population = modeles.modele
    where catalogue.population is distinct from modeles.modele

    union all

    -- An indicator has its words, and words are those of an indicator.
    select
        'DEFINITION' as regle,
        coalesce(catalogue.indicateur, definitions.indicateur) as objet
    from {{ ref('catalogue_indicateurs') }} as catalogue
    full outer join {{ ref('definitions') }} as definitions
        on catalogue.indicateur = definitions.indicateur
    where catalogue.indicateur is distinct from definitions.indicateur

    union all

    -- A programme has indicators, and an indicator is of a programme that is listed.
    select
        'PROGRAMME' as regle,
        coalesce(catalogue.programme, programmes.programme) as objet
    from (select distinct programme from {{ ref('catalogue_indicateurs') }}) as catalogue
    full outer join {{ ref('programmes') }} as programmes
        on catalogue.programme = programmes.programme
    where catalogue.programme is distinct from programmes.programme

    union all

    -- Another judgement than those that are told would be taken for the last period.
    select
        'JUGEMENT' as regle,
        programmes.programme as objet
    from {{ ref('programmes') }} as programmes
    left join {{ ref('libelles_dossier') }} as libelles
        on
            programmes.jugement = libelles.code
            and libelles.liste = 'JUGEMENT'
    where libelles.code is null

    union all

    -- What is said of an indicator is said of one that exists.
    select distinct
        cites.regle,
        cites.indicateur as objet
    from (
        select 'CIBLE' as regle, indicateur from {{ ref('cibles') }}
        union all
        select 'VERIFICATION' as regle, indicateur from {{ ref('mesures_nationales') }}
        union all
        select 'LECTURE' as regle, indicateur from {{ ref('lectures_indicateurs') }}
        union all
        select 'MONO_ACTIVITE' as regle, indicateur from {{ ref('mono_activites') }}
    ) as cites
    left join {{ ref('catalogue_indicateurs') }} as catalogue
        on cites.indicateur = catalogue.indicateur
    where catalogue.indicateur is null

    union all

    select
        'VERIFICATION' as regle,
        catalogue.indicateur as objet
    from {{ ref('catalogue_indicateurs') }} as catalogue
    left join {{ ref('mesures_nationales') }} as mesures
        on catalogue.verification = mesures.indicateur
    where
        catalogue.verification is not null
        and mesures.indicateur is null

)

select
    manquements.regle,
    manquements.objet
from manquements
left join {{ ref('exceptions_regles') }} as exceptions
    on
        manquements.regle = exceptions.regle
        and manquements.objet = exceptions.objet
where exceptions.raison is null
