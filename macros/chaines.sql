{#-
    What each value becomes when links are followed to their end, within an establishment; one link a value.
    A circle has no end: it stops where it comes back. Columns: finess_ej, depart, racine, profondeur.
-#}
{% macro chaine(liens, de, vers) -%}
    {{ adapter.dispatch('chaine')(liens, de, vers) }}
{%- endmacro %}

{% macro default__chaine(liens, de, vers) -%}
    {{ suivre_les_liens(liens, de, vers, 'array(' ~ de ~ ', ' ~ vers ~ ')', 'array_append', 'array_contains') }}
{%- endmacro %}

{% macro duckdb__chaine(liens, de, vers) -%}
    {{ suivre_les_liens(liens, de, vers, '[' ~ de ~ ', ' ~ vers ~ ']', 'list_append', 'list_contains') }}
{%- endmacro %}

{% macro suivre_les_liens(liens, de, vers, debut, ajouter, contient) -%}
(
        with recursive chemins as (
            select finess_ej, {{ de }} as depart, {{ vers }} as racine, 1 as profondeur, {{ debut }} as vus
            from {{ liens }}
            union all
            select
                chemins.finess_ej, chemins.depart, liens.{{ vers }}, chemins.profondeur + 1,
                {{ ajouter }}(chemins.vus, liens.{{ vers }})
            from chemins
            inner join {{ liens }} as liens
                on chemins.finess_ej = liens.finess_ej and chemins.racine = liens.{{ de }}
            where not {{ contient }}(chemins.vus, liens.{{ vers }})
        )

        select finess_ej, depart, max_by(racine, profondeur) as racine, max(profondeur) as profondeur
        from chemins
        group by finess_ej, depart
    )
{%- endmacro %}
