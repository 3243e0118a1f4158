{#- Statements run as they are: « socle region » shows the sources to a cluster with it. -#}
{% macro executer(instructions) -%}
    {%- for instruction in instructions -%}
        {%- do run_query(instruction) -%}
    {%- endfor -%}
{%- endmacro %}
