{#- The values of a group that satisfy a condition, sorted, in one text: « a, b »; null when there is none. -#}
{% macro liste_triee(valeur, condition) -%}
    {{ adapter.dispatch('liste_triee')(valeur, condition) }}
{%- endmacro %}

{% macro default__liste_triee(valeur, condition) -%}
    nullif(array_join(array_sort(collect_list({{ valeur }}) filter (where {{ condition }})), ', '), '')
{%- endmacro %}

{% macro duckdb__liste_triee(valeur, condition) -%}
    string_agg({{ valeur }}, ', ' order by {{ valeur }}) filter (where {{ condition }})
{%- endmacro %}
