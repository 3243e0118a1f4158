{#-
    Tables and views, each put in place by one statement. « create or replace » is atomic in DuckDB: the name aside, the
    renames and the transaction of dbt-duckdb's own materializations protect nothing more, and are a fifth of what a build of
    nearly empty exports costs.
-#}
{% materialization table, adapter='duckdb' %}
  {{ run_hooks(pre_hooks) }}
  {%- set relation = mettre_en_place('table') -%}
  {{ run_hooks(post_hooks) }}
  {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
  {{ run_hooks(pre_hooks) }}
  {%- set relation = mettre_en_place('view') -%}
  {{ run_hooks(post_hooks) }}
  {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{% macro mettre_en_place(nature) %}
  {%- set relation = this.incorporate(type=nature) -%}
  {%- set en_place = load_cached_relation(this) -%}
  {%- if en_place is not none and en_place.type != nature -%}
    {%- do adapter.drop_relation(en_place) -%}
  {%- endif -%}
  {%- call statement('main', auto_begin=False) -%}
    create or replace {{ nature }} {{ relation }} as (
      {{ sql }}
    )
  {%- endcall -%}
  {%- do persist_docs(relation, model) -%}
  {{ return(relation) }}
{% endmacro %}
