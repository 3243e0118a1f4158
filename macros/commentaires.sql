{#-
    Comments on the columns of a relation, as dbt-duckdb writes them but without asking first which columns exist: that
    question costs more than the comments. A column described and not built is thus an error, not a silence.
-#}
{% macro duckdb__alter_column_comment(relation, column_dict) %}
  {%- for colonne in column_dict.values() %}
    comment on column {{ relation }}.{{ adapter.quote(colonne.name) }} is {{ duckdb_escape_comment(colonne.description) }};
  {%- endfor %}
{% endmacro %}
