{#- Whether the establishment has the activity that the indicator needs; an indicator that needs none has it. -#}
{% macro possede_activite(activite, etablissement) -%}
    coalesce(
        {{ activite }} is null
        or {{ activite }} = 'chirurgie' and {{ etablissement }}.chirurgie
        or {{ activite }} = 'ace' and {{ etablissement }}.ace
        or {{ activite }} = 'laboratoire_interne' and {{ etablissement }}.laboratoire_interne
        or {{ activite }} = 'imagerie_interne' and {{ etablissement }}.imagerie_interne,
        false
    )
{%- endmacro %}
