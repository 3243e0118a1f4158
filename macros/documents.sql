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
        when versions_envoyees.est_retire then 7
        else 9
    end
{%- endmacro %}

{#-
    Order of the versions of one unit, the greatest first to be named: the one that got furthest, of these the one fed
    first, of these the greatest identifier, so that two builds name the same one. A text, for it is compared often.
-#}
{% macro rang_de_preuve(etape, date_alimentation, document_id) -%}
    concat_ws('', {{ etape }}, {{ jours_entre(date_alimentation, "cast('9999-12-31' as date)") }}, {{ document_id }})
{%- endmacro %}

{#-
    Step of a unit, from that of the version that got furthest and the day on which it was first fed.
    Reading alimentation_jusqu_a: a document counts whenever it was fed (extraction), or only when it was fed on or before
    the last day of the month (fin_du_mois); ALIMENTE_APRES is then the step of what came later.
-#}
{% macro etape_de_l_unite(etape, date_envoi, periode_fin, alimentation_jusqu_a) -%}
    case
        when '{{ alimentation_jusqu_a }}' = 'fin_du_mois' and {{ etape }} = 9 and {{ date_envoi }} > {{ periode_fin }} then 8
        else {{ etape }}
    end
{%- endmacro %}

{#- The value of the row whose key is the greatest, be it null: DuckDB's max_by takes the greatest of the rows that have one. -#}
{% macro valeur_du_plus_grand(valeur, cle) -%}
    {{ adapter.dispatch("valeur_du_plus_grand")(valeur, cle) }}
{%- endmacro %}

{% macro default__valeur_du_plus_grand(valeur, cle) -%}
    max_by({{ valeur }}, {{ cle }})
{%- endmacro %}

{% macro duckdb__valeur_du_plus_grand(valeur, cle) -%}
    arg_max_null({{ valeur }}, {{ cle }})
{%- endmacro %}
