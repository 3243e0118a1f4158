{{ config(tags='maintenance') }}
-- Every row of the catalogue has its table and every table of a programme its row; what a table gives bears its own code.
-- Whatever the hospital sends: a table may be empty. That each indicator is in the long table is a quality rule.
-- depends_on: {{ ref('indicateurs') }}

with tables_des_programmes as (

    {%- set marts = [] %}
    {%- for noeud in graph.nodes.values()
        if noeud.resource_type == 'model' and noeud.fqn[1] == 'marts' and noeud.fqn[2] not in ('synthese', 'dimensions', 'dossier')
    %}
    {%- do marts.append("select '" ~ noeud.name ~ "' as nom_table, '" ~ noeud.fqn[2] ~ "' as dossier") %}
    {%- endfor %}
    {{ marts | join('\n    union all\n    ') or "select '' as nom_table, '' as dossier where false" }}

),

tables_de_la_synthese as (

    select distinct
        nom_table,
        indicateur
    from {{ ref('indicateurs') }}

)

select
    catalogue.nom_table as nom_table_au_catalogue,
    tables_des_programmes.nom_table as nom_table_construite,
    tables_de_la_synthese.indicateur as indicateur_dans_la_synthese
from {{ ref('catalogue_indicateurs') }} as catalogue
full outer join tables_des_programmes
    on
        catalogue.nom_table = tables_des_programmes.nom_table
        and lower(catalogue.programme) = tables_des_programmes.dossier
left join tables_de_la_synthese
    on tables_des_programmes.nom_table = tables_de_la_synthese.nom_table
where
    catalogue.nom_table is distinct from tables_des_programmes.nom_table
    or catalogue.indicateur <> tables_de_la_synthese.indicateur
