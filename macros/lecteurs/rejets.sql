{#- The flux whose rejected rows and counts the quality tables gather: every staging model that reads files. -#}
{% macro flux_lus() -%}
    {{ return([
        'reference__etablissements',
        'gam__patients', 'gam__venues', 'gam__statuts_dmp', 'gam__correspondants', 'gam__venues_correspondants',
        'gam__services', 'gam__unites_fonctionnelles',
        'dpi__documents', 'dpi__transmissions_dmp', 'dpi__transmissions_mss', 'dpi__consultations_dmp',
        'dpi__utilisateurs', 'dpi__documents_recus_mss', 'dpi__prescriptions', 'dpi__mises_a_jour_dossier',
        'dpi__rendez_vous', 'dpi__interventions',
        'national__cnam_alimentation_dmp', 'national__cnam_appels_insi', 'national__ans_mssante',
        'declaratif__declarations', 'declaratif__parcours_eligibles', 'declaratif__tableaux_de_bord',
        'pmsi__fichiers', 'pmsi__vidhosp', 'pmsi__rss_rum', 'pmsi__rhs', 'pmsi__rpss', 'pmsi__rps', 'pmsi__raa', 'pmsi__rsf',
        'pmsi__fichcomp', 'pmsi__ium', 'pmsi__hosp_pmsi',
    ]) }}
{%- endmacro %}

{#- What ranger_rejets kept beside each staging model: prefixe is « rejets » or « comptes ». -#}
{% macro union_des_flux(prefixe) -%}
    {%- for nom in flux_lus() %}
    {%- do ref('stg_' ~ nom) %}
    select * from staging.{{ prefixe }}_{{ nom }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
