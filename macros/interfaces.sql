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

{#-
    The patient whose row of a table it is (alias lignes), once the messages of identity are known: A44 gives a venue or a
    dossier to another patient, from the rows extracted until then; A40 and A47 give to the identity that lives on what was
    extracted under the one that was absorbed. numeros: the columns of lignes that a message may have moved, iep first.
-#}
{% macro ipp_actuel(numeros) -%}
coalesce({% for numero in numeros %}{{ numero }}_deplace.ipp, {% endfor %}absorptions.ipp_final, lignes.ipp)
{%- endmacro %}

{#- What ipp_actuel needs. deplacements: int_gam_messages_deplacements; absorptions: int_gam_absorptions. -#}
{% macro joindre_l_identite(deplacements, absorptions, numeros) -%}
    {%- for numero in numeros %}
    left join {{ deplacements }} as {{ numero }}_deplace
        on
            lignes.finess_ej = {{ numero }}_deplace.finess_ej
            and lignes.{{ numero }} = {{ numero }}_deplace.numero
            and lignes.extrait_le <= {{ numero }}_deplace.date_message
    {%- endfor %}
    left join {{ absorptions }} as absorptions
        on
            lignes.finess_ej = absorptions.finess_ej
            and lignes.ipp = absorptions.ipp
            and lignes.extrait_le >= absorptions.date_debut
            and lignes.extrait_le < absorptions.date_fin
{%- endmacro %}
