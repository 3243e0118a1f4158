{#- Digest of what decides a value, besides the data: the SQL of the models, the seeds. Macros are not in
    what dbt shows of a project: the git revision tells them. -#}
{% macro empreinte_des_regles() -%}
    {%- if execute -%}
    {%- set empreintes = [] -%}
    {%- for noeud in graph.nodes.values() if noeud.resource_type in ('model', 'seed') and noeud.package_name == project_name -%}
    {%- do empreintes.append(noeud.name ~ ' ' ~ noeud.checksum.checksum) -%}
    {%- endfor -%}
    {{- local_md5(empreintes | sort | join('\n')) -}}
    {%- endif -%}
{%- endmacro %}
