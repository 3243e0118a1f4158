{#-
    Comments on a relation and on its columns, in one statement and without asking first which columns exist: that question costs
    more than the comments. A column described and not built is thus an error, not a silence.
-#}
{% macro duckdb__persist_docs(relation, model, for_relation=true, for_columns=true) %}
  {%- set descriptions -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
      comment on {{ relation.type }} {{ relation }} is {{ duckdb_escape_comment(model.description) }};
    {%- endif -%}
    {%- if for_columns and config.persist_column_docs() -%}
      {%- for colonne in model.columns.values() if colonne.description %}
        comment on column {{ relation }}.{{ adapter.quote(colonne.name) }} is {{ duckdb_escape_comment(colonne.description) }};
      {%- endfor -%}
    {%- endif -%}
  {%- endset -%}
  {%- if descriptions -%}
    {%- call statement('commentaires', auto_begin=False) -%}{{ descriptions }}{%- endcall -%}
  {%- endif -%}
{% endmacro %}
