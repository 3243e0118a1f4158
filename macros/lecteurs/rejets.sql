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
        'declaratif__applications', 'declaratif__types_documents_cme', 'declaratif__candidatures', 'declaratif__depots',
        'pmsi__fichiers', 'pmsi__vidhosp', 'pmsi__rss_rum', 'pmsi__rhs', 'pmsi__rpss', 'pmsi__rps', 'pmsi__raa', 'pmsi__rsf',
        'pmsi__fichcomp', 'pmsi__ium', 'pmsi__hosp_pmsi',
    ]) }}
{%- endmacro %}

{#- What ranger_rejets kept beside each staging model: prefixe is « rejets » or « comptes ». -#}
{% macro union_des_flux(prefixe) -%}
    {%- for nom in flux_lus() %}
    {%- do ref('stg_' ~ nom) %}
    {#- A line of the PMSI is rejected at its first fault: the next ones have no known place. #}
    select *{{ ', cast(null as string) as autres_fautes' if prefixe == 'rejets' and nom.startswith('pmsi__') }} from staging.{{ prefixe }}_{{ nom }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- A reader that has nothing to say of what it read: the columns of alertes_lecture, of a file known by flux and rang. -#}
{% macro aucune_alerte() -%}
    select
        cast(null as string) as flux, cast(null as bigint) as rang, cast(null as bigint) as ligne,
        cast(null as string) as colonne, cast(null as string) as motif, cast(null as bigint) as nb,
        cast(null as string) as message_id
    where false
{%- endmacro %}
