{#- Order of the versions of a document: « lowest version, then date_creation, then document_id ». -#}
{% macro rang_de_version(version, date_creation, document_id) -%}
    {{ adapter.dispatch("rang_de_version")(version, date_creation, document_id) }}
{%- endmacro %}

{% macro default__rang_de_version(version, date_creation, document_id) -%}
    struct({{ version }}, {{ date_creation }}, {{ document_id }})
{%- endmacro %}

{% macro duckdb__rang_de_version(version, date_creation, document_id) -%}
    row({{ version }}, {{ date_creation }}, {{ document_id }})
{%- endmacro %}

{#-
    How far a version got on its way to the DMP, as the rank of seed etapes: the first step that applies. niveaux: the
    CDA levels that the indicator accepts.
-#}
{% macro etape_de_version(niveaux) -%}
    case
        when versions_envoyees.numerise then 1
        when coalesce(versions_envoyees.niveau_cda not in ({{ niveaux }}), true) then 2
        when not versions_envoyees.ins_qualifiee then 3
        when versions_envoyees.nb_envois = 0 then 4
        when not versions_envoyees.est_alimentee and versions_envoyees.nb_sans_reponse = 0 then 5
        when not versions_envoyees.est_alimentee then 6
        when documents.est_retire then 7
        else 8
    end
{%- endmacro %}
