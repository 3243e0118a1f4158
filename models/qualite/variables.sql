-- The variables under which this warehouse was built, one row each: the readings retained, thresholds and durations.
-- The list is written out: dbt does not give it; a test compares it with dbt_project.yml.

{%- set noms = [
    'alimentation_jusqu_a',
    'had_duree_minimale_jours',
    'series_provisoires',
    'seances_autres',
    'ifaq_venues',
    'd6_1_documents',
    'o1_denominateur',
    'o4_types',
    'ods_creation',
    'cr_sans_venue',
    'o7_ponderation',
    'cibles_mssante',
    'had_age_minimal_ans',
    'seances_minimum',
    'serie_mois',
    'dialyse_mois',
    'historique_profondeur_ans',
    'anciennete_maximale_ans',
    'sun_es_part_bonus',
    'pmsi_part_cumulative',
    'ins_de_test',
    'derive_horloge_heures',
] %}

with retenues as (
    {%- for nom in noms %}
    {%- if not loop.first %}

    union all
    {%- endif %}

    select
        '{{ nom }}' as variable,
        cast('{{ var(nom) }}' as string) as valeur
    {%- endfor %}

)

select
    variable,
    valeur
from retenues
order by variable
