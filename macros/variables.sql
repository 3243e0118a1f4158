{#- Folder of the exports, without its final slash. -#}
{% macro dossier_exports() -%}
    {{ return(var('exports', env_var('SOCLE_EXPORTS', 'demo/exports')).rstrip('/')) }}
{%- endmacro %}

{#- Last day known to this build, as an SQL date: variable date_extraction, else SOCLE_DATE_EXTRACTION, else today. -#}
{% macro date_extraction() -%}
    {%- set jour = var('date_extraction', env_var('SOCLE_DATE_EXTRACTION', '')) or run_started_at.strftime('%Y-%m-%d') -%}
    cast('{{ jour }}' as date)
{%- endmacro %}

{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
