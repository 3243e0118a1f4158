{#- « s + n months: same day of the month, or that month's last day. » -#}
{% macro date_plus_mois(jour, mois) -%}
    {{ adapter.dispatch('date_plus_mois')(jour, mois) }}
{%- endmacro %}

{% macro default__date_plus_mois(jour, mois) -%}
    cast(add_months({{ jour }}, {{ mois }}) as date)
{%- endmacro %}

{% macro duckdb__date_plus_mois(jour, mois) -%}
    cast({{ jour }} + interval ({{ mois }}) month as date)
{%- endmacro %}

{% macro date_moins_un_jour(jour) -%}
    {{ adapter.dispatch('date_moins_un_jour')(jour) }}
{%- endmacro %}

{% macro default__date_moins_un_jour(jour) -%}
    date_sub({{ jour }}, 1)
{%- endmacro %}

{% macro duckdb__date_moins_un_jour(jour) -%}
    cast({{ jour }} - interval 1 day as date)
{%- endmacro %}

{% macro jour_suivant(jour) -%}
    {{ adapter.dispatch('jour_suivant')(jour) }}
{%- endmacro %}

{% macro default__jour_suivant(jour) -%}
    date_add({{ jour }}, 1)
{%- endmacro %}

{% macro duckdb__jour_suivant(jour) -%}
    cast({{ jour }} + interval 1 day as date)
{%- endmacro %}

{#- Days from one date to another. -#}
{% macro jours_entre(debut, fin) -%}
    {{ adapter.dispatch('jours_entre')(debut, fin) }}
{%- endmacro %}

{% macro default__jours_entre(debut, fin) -%}
    datediff({{ fin }}, {{ debut }})
{%- endmacro %}

{% macro duckdb__jours_entre(debut, fin) -%}
    date_diff('day', {{ debut }}, {{ fin }})
{%- endmacro %}

{#- Seconds from one instant to another. -#}
{% macro secondes_entre(debut, fin) -%}
    {{ adapter.dispatch('secondes_entre')(debut, fin) }}
{%- endmacro %}

{% macro default__secondes_entre(debut, fin) -%}
    timestampdiff(second, {{ debut }}, {{ fin }})
{%- endmacro %}

{% macro duckdb__secondes_entre(debut, fin) -%}
    date_diff('second', {{ debut }}, {{ fin }})
{%- endmacro %}

{#- An instant as the messages write it: AAAAMMJJHHMMSS. -#}
{% macro horodatage(instant) -%}
    {{ adapter.dispatch('horodatage')(instant) }}
{%- endmacro %}

{% macro default__horodatage(instant) -%}
    date_format({{ instant }}, 'yyyyMMddHHmmss')
{%- endmacro %}

{% macro duckdb__horodatage(instant) -%}
    strftime({{ instant }}, '%Y%m%d%H%M%S')
{%- endmacro %}

{% macro premier_du_mois(jour) -%}
    cast(date_trunc('month', {{ jour }}) as date)
{%- endmacro %}

{% macro dernier_du_mois(jour) -%}
    last_day({{ jour }})
{%- endmacro %}

{% macro jour_du_mois(mois, jour) -%}
    {{ adapter.dispatch('jour_du_mois')(mois, jour) }}
{%- endmacro %}

{% macro default__jour_du_mois(mois, jour) -%}
    date_add({{ mois }}, {{ jour - 1 }})
{%- endmacro %}

{% macro duckdb__jour_du_mois(mois, jour) -%}
    cast({{ mois }} + interval {{ jour - 1 }} day as date)
{%- endmacro %}

{#- One row per month, from the first day of a month to the month of a day. -#}
{% macro serie_de_mois(premier, dernier) -%}
    {{ adapter.dispatch('serie_de_mois')(premier, dernier) }}
{%- endmacro %}

{% macro default__serie_de_mois(premier, dernier) -%}
    explode(sequence({{ premier }}, {{ dernier }}, interval 1 month))
{%- endmacro %}

{% macro duckdb__serie_de_mois(premier, dernier) -%}
    cast(unnest(generate_series({{ premier }}, {{ dernier }}, interval 1 month)) as date)
{%- endmacro %}

{#- A month as the oSIS forms want it: « MM/AA ». -#}
{% macro mois_annee(jour) -%}
    {{ adapter.dispatch('mois_annee')(jour) }}
{%- endmacro %}

{% macro default__mois_annee(jour) -%}
    date_format({{ jour }}, 'MM/yy')
{%- endmacro %}

{% macro duckdb__mois_annee(jour) -%}
    strftime({{ jour }}, '%m/%y')
{%- endmacro %}

{#- A day as the French write it: « 05/03/2023 ». -#}
{% macro jour_francais(jour) -%}
    lpad(cast(day({{ jour }}) as string), 2, '0') || '/' || lpad(cast(month({{ jour }}) as string), 2, '0')
    || '/' || cast(year({{ jour }}) as string)
{%- endmacro %}

{#- A month in words: « août », or « déc. » when short. -#}
{% macro nom_du_mois(jour, court=false) -%}
    {%- set noms = (
        ['janv.', 'févr.', 'mars', 'avr.', 'mai', 'juin', 'juil.', 'août', 'sept.', 'oct.', 'nov.', 'déc.'] if court else
        [
            'janvier', 'février', 'mars', 'avril', 'mai', 'juin', 'juillet', 'août', 'septembre', 'octobre', 'novembre',
            'décembre',
        ]
    ) -%}
    case month({{ jour }}){% for nom in noms %} when {{ loop.index }} then '{{ nom }}'{% endfor %} end
{%- endmacro %}

{#-
    A period as one reads it: « décembre 2023 », « 1–15 déc. 2023 », « oct. – déc. 2023 », « au 31/12/2023 », the same as the
    pages (socle.resultats.libelle_periode).
-#}
{% macro libelle_periode(debut, fin) -%}
    case
        when {{ debut }} = {{ fin }}
            then 'au ' || {{ jour_francais(fin) }}
        when year({{ debut }}) <> year({{ fin }})
            then
                {{ nom_du_mois(debut, court=true) }} || ' ' || cast(year({{ debut }}) as string) || ' – '
                || {{ nom_du_mois(fin, court=true) }} || ' ' || cast(year({{ fin }}) as string)
        when month({{ debut }}) <> month({{ fin }})
            then
                {{ nom_du_mois(debut, court=true) }} || ' – ' || {{ nom_du_mois(fin, court=true) }} || ' '
                || cast(year({{ fin }}) as string)
        when day({{ debut }}) = 1 and day({{ fin }}) > 15
            then {{ nom_du_mois(debut) }} || ' ' || cast(year({{ debut }}) as string)
        else
            cast(day({{ debut }}) as string) || '–' || cast(day({{ fin }}) as string) || ' '
            || {{ nom_du_mois(debut, court=true) }} || ' ' || cast(year({{ debut }}) as string)
    end
{%- endmacro %}
