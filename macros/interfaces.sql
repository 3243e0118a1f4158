{#-
    « The latest date wins », that of the message or that of the table's extraction: what two rows of one key become, tables
    and messages being the aliases of a full join.
-#}
{% macro message_plus_recent() -%}
messages.date_source >= tables.extrait_le or tables.finess_ej is null
{%- endmacro %}

{#- A column of the later of the two; complete: what a message never carries is the table's. -#}
{% macro le_plus_recent(colonne, complete=false) -%}
case when {{ message_plus_recent() }} then {{ 'coalesce(messages.' ~ colonne ~ ', tables.' ~ colonne ~ ')' if complete else 'messages.' ~ colonne }} else tables.{{ colonne }} end as {{ colonne }}
{%- endmacro %}
