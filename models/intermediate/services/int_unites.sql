{{ config(materialized='view') }}

-- Every unit of every rate in one relation: one row per population, establishment, period, value of the axis and unit.
-- « indicateur » is null where the population serves each of its indicators alike. The list is written out: a population that
-- disappears breaks the build instead of the figures.

{%- set propres = [
    'pop_hopen2_p1_o1_ins_qualifiee',
    'pop_hopen2_p1_o2_lettre_liaison',
    'pop_hopen2_p1_o2_ordonnance_sortie',
    'pop_hopen2_p1_o3_compte_rendu_operatoire',
    'pop_hopen2_p1_o4_compte_rendu_consultation',
    'pop_hopen2_p1_o5_biologie',
    'pop_hopen2_p1_o6_imagerie',
    'pop_hopen2_p1_o7_mss_pro',
    'pop_hopen2_p1_o8_mss_citoyenne',
    'pop_ifaq_d2_2i_alimentation_dmp',
    'pop_ifaq_d6_3i_mss',
    'pop_sun_es_ds1_4_historique',
    'pop_sun_es_ds4_1_mss_pro',
    'pop_sun_es_ds4_2_mss_citoyenne',
    'pop_hopen_d1_5_acces_services',
    'pop_hopen_d2_2_documents_dmp',
    'pop_hopen_d2_3_services_dpi',
    'pop_hopen_d2_4_sejours_dpi',
    'pop_hopen_d2_5_consultations_dpi',
    'pop_hopen_d3_5_plan_de_soins',
    'pop_hopen_d5_2_poles_couverts',
    'pop_hopen_d6_1_sejours_dmp',
    'pop_hopen_d6_3_mss',
    'pop_hopen_d7_1_rdv_en_ligne',
    'pop_segur_v2_alimentation_sejours',
    'pop_segur_v2_consultation_utilisateurs',
    'pop_segur_v2_consultation_sejours',
    'pop_segur_v2_consultation_consultations',
    'pop_segur_v2_mss_correspondants',
    'pop_segur_v2_mss_citoyenne_patients',
] %}
{%- set partagees = [
    'pop_hopen_d1_comptes_rendus',
    'pop_hopen_d3_prescriptions',
    'pop_hopen_d4_rendez_vous',
    'pop_segur_v2_information',
    'pop_segur_v2_mss_sejours',
] %}

with unites as (
    {%- for population in propres + partagees %}
    {%- if not loop.first %}

    union all
    {%- endif %}

    select
        '{{ population }}' as population,
        {{ 'indicateur' if population in partagees else 'cast(null as string)' }} as indicateur,
        finess_ej,
        periode_debut,
        periode_fin,
        axe,
        unite_id,
        au_numerateur
    from {{ ref(population) }}
    {%- endfor %}

)

select
    population,
    indicateur,
    finess_ej,
    periode_debut,
    periode_fin,
    axe,
    unite_id,
    au_numerateur
from unites
