{#-
    What sqlfluff cannot guess of the project's macros: it takes any other for an identifier of that name. These are a
    statement, a join, or read a CTE whose name they are given. The real ones would take twice as long.
-#}
{% macro calculer_taux(code, population, traces=none, constate=none, complements=none) %}select '{{ code }}' as indicateur
from {{ population }}
{%- for figure in (traces, constate, complements) if figure %}
cross join {{ figure }}
{%- endfor %}{% set _ = kwargs %}{% endmacro %}
{% macro compter(code, population) %}select '{{ code }}' as indicateur from {{ population }}{% set _ = kwargs %}{% endmacro %}
{% macro lire_de_toutes_les_facons() %}select 'oui' as valeur{% endmacro %}
{% macro joindre_l_identite() %}{% set _ = varargs, kwargs %}{% endmacro %}
{% macro series_de_seances(seances) %}{{ seances }}{% set _ = varargs, kwargs %}{% endmacro %}
{% macro chaine(liens) %}{{ liens }}{% set _ = varargs, kwargs %}{% endmacro %}
