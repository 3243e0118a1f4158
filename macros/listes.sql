{#-
    The values of a group that satisfy a condition, sorted, in one text: « a, b », unless another sign separates them; null when
    there is none.
-#}
{% macro liste_triee(valeur, condition, separateur=', ') -%}
    {{ adapter.dispatch('liste_triee')(valeur, condition, separateur) }}
{%- endmacro %}

{% macro default__liste_triee(valeur, condition, separateur) -%}
    nullif(array_join(array_sort(collect_list({{ valeur }}) filter (where {{ condition }})), '{{ separateur }}'), '')
{%- endmacro %}

{% macro duckdb__liste_triee(valeur, condition, separateur) -%}
    string_agg({{ valeur }}, '{{ separateur }}' order by {{ valeur }}) filter (where {{ condition }})
{%- endmacro %}

{#- One row per element of a text that lists them. -#}
{% macro elements_de(liste, separateur) -%}
    {{ adapter.dispatch('elements_de')(liste, separateur) }}
{%- endmacro %}

{% macro default__elements_de(liste, separateur) -%}
    explode(split({{ liste }}, '{{ separateur }}'))
{%- endmacro %}

{% macro duckdb__elements_de(liste, separateur) -%}
    unnest(string_split({{ liste }}, '{{ separateur }}'))
{%- endmacro %}
