{#-
    What an indicator would be under another reading of the guides. The models that stand between a variable and the
    table of the indicator are compiled again with that variable changed, each as a relation of the query; what the
    variable does not touch is read from its table. A rule thus stays written once, in its model, and what comes out is
    what a build with that variable alone changed would give.
-#}

{#- Models and seeds of the project by name, as dbt describes them. -#}
{% macro modeles_du_projet() -%}
    {%- set modeles = {} -%}
    {%- for noeud in graph.nodes.values() if noeud.resource_type in ('model', 'seed') -%}
        {%- do modeles.update({noeud.name: noeud}) -%}
    {%- endfor -%}
    {{ return(modeles) }}
{%- endmacro %}

{#-
    The models to compile again for a table, itself last: those that read the variable, and what stands between them and
    the table. chaines: what is known already, by node, so that a model met twice is looked at once.
-#}
{% macro chaine_de_lecture(variable, noeud, chaines) -%}
    {%- if noeud.unique_id not in chaines -%}
        {%- set chaine = [] -%}
        {%- for identifiant in noeud.depends_on.nodes if graph.nodes.get(identifiant, {}).resource_type == 'model' -%}
            {%- for nom in chaine_de_lecture(variable, graph.nodes[identifiant], chaines) if nom not in chaine -%}
                {%- do chaine.append(nom) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- if chaine or "var('" ~ variable ~ "')" in noeud.raw_code | replace('"', "'") -%}
            {%- do chaine.append(noeud.name) -%}
        {%- endif -%}
        {%- do chaines.update({noeud.unique_id: chaine}) -%}
    {%- endif -%}
    {{ return(chaines[noeud.unique_id]) }}
{%- endmacro %}

{#- What stands for ref and var while a model is compiled again (« relecture », below). -#}
{% macro relation_relue(nom) -%}
    {{ return(relecture.relations[nom]) }}
{%- endmacro %}

{% macro variable_relue(nom) -%}
    {{ return(relecture.valeur if nom == relecture.variable else relecture.var(nom, *varargs)) }}
{%- endmacro %}

{#-
    Rows of some tables of indicators under another value of a variable.
    tables: names of the tables; every one must depend on the variable.
-#}
{% macro lire_autrement(variable, valeur, tables) -%}
    {%- set modeles, chaines, chaine = modeles_du_projet(), {}, [] -%}
    {%- for table in tables -%}
        {%- if not chaine_de_lecture(variable, modeles[table], chaines) -%}
            {{ exceptions.raise_compiler_error(
                "Lecture " ~ variable ~ " : la table " ~ table ~ " n’en dépend pas, corrigez lectures_indicateurs.csv."
            ) }}
        {%- endif -%}
        {%- for nom in chaines[modeles[table].unique_id] if nom not in chaine -%}
            {%- do chaine.append(nom) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set relations, requetes = {}, {} -%}
    {%- for nom, noeud in modeles.items() -%}
        {%- do relations.update({nom: relation_de_lecture(variable, nom) if nom in chaine else noeud.relation_name}) -%}
    {%- endfor -%}
    {#- Every macro looks up ref and var in the context: changed there, they are changed for the macros of a model too. -#}
    {%- do context.update({
        'relecture': {'variable': variable, 'valeur': valeur, 'relations': relations, 'var': var},
        'ref': context['relation_relue'], 'var': context['variable_relue'],
    }) -%}
    {%- for nom in chaine -%}
        {%- do requetes.update({relations[nom]: render(modeles[nom].raw_code)}) -%}
    {%- endfor -%}
    {%- do context.update({'ref': ref, 'var': var}) -%}
    (
    {{ definir(requetes) }}
    {%- for table in tables %}
    select
        '{{ variable }}' as variable, '{{ valeur }}' as valeur, indicateur, finess_ej, periode_debut, periode_fin,
        numerateur, denominateur, taux, cible_atteinte
    from {{ relations[table] }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    )
{%- endmacro %}

{#- The name of a model compiled again. -#}
{% macro relation_de_lecture(variable, nom) -%}
    {{ return(adapter.dispatch('relation_de_lecture')(variable, nom)) }}
{%- endmacro %}

{% macro default__relation_de_lecture(variable, nom) -%}
    {{ return('relectures.' ~ variable ~ '__' ~ nom) }}
{%- endmacro %}

{% macro duckdb__relation_de_lecture(variable, nom) -%}
    {{ return(nom) }}
{%- endmacro %}

{#- What makes relations, each of one query that may read those before it, known to the query that follows. -#}
{% macro definir(requetes) -%}
    {{ adapter.dispatch('definir')(requetes) }}
{%- endmacro %}

{#- Spark plans a common table expression as many times as it is read: one in another, without end. -#}
{% macro default__definir(requetes) -%}
    {%- do run_query('create schema if not exists relectures') -%}
    {%- for nom, requete in requetes.items() -%}
        {%- do run_query('drop table if exists ' ~ nom) -%}
        {%- do run_query('create table ' ~ nom ~ ' as ' ~ requete) -%}
    {%- endfor -%}
{%- endmacro %}

{% macro duckdb__definir(requetes) -%}
    with {% for nom, requete in requetes.items() -%}
    {{ nom }} as (
    {{ requete }}
    ){{ ', ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#-
    Every reading of seed lectures_possibles, with the value that this build does not take, for the tables of the
    indicators that lectures_indicateurs names.
-#}
{% macro lire_de_toutes_les_facons() -%}
    {%- set modeles = modeles_du_projet() -%}
    {%- set lectures = run_query(
        "select variable, retenue, autre, " ~ liste_triee('nom_table', 'nom_table is not null') ~ " as tables"
        ~ " from " ~ modeles['lectures_possibles'].relation_name ~ " as lectures"
        ~ " inner join " ~ modeles['lectures_indicateurs'].relation_name ~ " as portees using (variable)"
        ~ " inner join " ~ modeles['catalogue_indicateurs'].relation_name ~ " as indicateurs using (indicateur)"
        ~ " group by lectures.ordre, variable, retenue, autre order by lectures.ordre"
    ) -%}
    {%- for variable, retenue, autre, tables in lectures.rows -%}
    {{ lire_autrement(variable, retenue if var(variable) | string == autre else autre, tables.split(', ')) }}
    {{ 'union all' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
