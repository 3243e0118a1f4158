{#-
    What sqlfluff sees of the project's macros: a text of the same kind. Rendering the real ones through dbt takes four
    minutes and lints their expansion once per model.
-#}
{% macro calculer_taux(code, population, traces=none, constate=none, complements=none) %}select '{{ code }}' as indicateur
from {{ population }}
{%- for figure in (traces, constate, complements) if figure %}
cross join {{ figure }}
{%- endfor %}{% set _ = kwargs %}{% endmacro %}
{% macro compter(code, population) %}select '{{ code }}' as indicateur from {{ population }}{% set _ = kwargs %}{% endmacro %}
{% macro date_extraction() %}current_date{% endmacro %}
{% macro dossier_exports() %}exports{% endmacro %}
{% macro ipp_actuel() %}ipp{% set _ = varargs %}{% endmacro %}
{% macro joindre_l_identite() %}{% set _ = varargs %}{% endmacro %}
{% macro message_plus_recent() %}true{% endmacro %}
{% macro le_plus_recent(colonne) %}{{ colonne }}{% set _ = varargs, kwargs %}{% endmacro %}
{% macro lire_de_toutes_les_facons() %}select 1 as un{% endmacro %}
{% macro series_de_seances(seances, mois) %}{{ seances }}{% endmacro %}
{% macro premier_du_mois(jour) %}date_trunc('month', {{ jour }}){% endmacro %}
{% macro dernier_du_mois(jour) %}last_day({{ jour }}){% endmacro %}
{% macro date_plus_mois(jour, mois) %}add_months({{ jour }}, {{ mois }}){% endmacro %}
{% macro date_moins_un_jour(jour) %}date_sub({{ jour }}, 1){% endmacro %}
{% macro jour_du_mois(mois, jour) %}date_add({{ mois }}, {{ jour }}){% endmacro %}
{% macro jours_entre(debut, fin) %}datediff({{ debut }}, {{ fin }}){% endmacro %}
{% macro serie_de_mois(premier, dernier) %}explode({{ premier }}, {{ dernier }}){% endmacro %}
{% macro mois_annee(jour) %}date_format({{ jour }}, 'MM/yy'){% endmacro %}
{% macro liste_triee(colonne) %}string_agg({{ colonne }}, ', '){% set _ = varargs, kwargs %}{% endmacro %}
{% macro possede_activite() %}true{% set _ = varargs, kwargs %}{% endmacro %}
{% macro rang_de_version(version, date_creation, document_id) %}concat({{ version }}, {{ date_creation }}, {{ document_id }}){% endmacro %}
{% macro etape_de_version(niveaux) %}1{% endmacro %}
{% macro horodatage(instant) %}date_format({{ instant }}, 'yyyyMMddHHmmss'){% endmacro %}
{% macro secondes_entre(debut, fin) %}datediff({{ debut }}, {{ fin }}){% endmacro %}
{% macro chaine(liens, de, vers) %}(select finess_ej, {{ de }} as depart, {{ vers }} as racine, 1 as profondeur from {{ liens }}){% endmacro %}
