{#- Folder of the exports, without its final slash; a relative one is so to the project, wherever dbt is called from. -#}
{% macro dossier_exports() -%}
    {%- set dossier = var('exports', env_var('SOCLE_EXPORTS', 'demo/exports')).rstrip('/') -%}
    {{ return(dossier if dossier.startswith('/') else invocation_args_dict.project_dir ~ '/' ~ dossier) }}
{%- endmacro %}

{#- Last day known to this build, as an SQL date: variable date_extraction, else SOCLE_DATE_EXTRACTION, else that of the exports. -#}
{% macro date_extraction() -%}
    {%- set jour = var('date_extraction', env_var('SOCLE_DATE_EXTRACTION', '')) -%}
    {%- if not jour and execute -%}
    {%- set jour = adapter.dispatch('jour_des_exports')() -%}
    {%- endif -%}
    cast('{{ jour or run_started_at.strftime("%Y-%m-%d") }}' as date)
{%- endmacro %}

{#- A cluster reads no file of the hospital: it must be told. -#}
{% macro default__jour_des_exports() -%}
    {{ exceptions.raise_compiler_error("Date d'extraction inconnue : indiquez-la par SOCLE_DATE_EXTRACTION.") }}
{%- endmacro %}

{% macro duckdb__jour_des_exports() -%}
    {{ return(run_query("select socle_jour_d_extraction('" ~ dossier_exports() | replace("'", "''") ~ "')").columns[0].values()[0]) }}
{%- endmacro %}

{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
