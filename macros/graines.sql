{#-
    Seeds on Spark, written as literals: dbt-spark's session writes the text 'None' for a null and breaks on an apostrophe
    (dbt-adapters, issue 487).
-#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- for tranche in agate_table.rows | batch(1000) -%}
        {%- set instruction -%}
            insert into {{ this.render() }} values
            {% for ligne in tranche -%}
            ({% for nom in agate_table.column_names -%}
                cast({{ litteral_spark(ligne[nom]) }} as {{ types.get(nom, adapter.convert_type(agate_table, loop.index0)) }})
                {{- ', ' if not loop.last }}
            {%- endfor %}){{ ',' if not loop.last }}
            {% endfor %}
        {%- endset -%}
        {%- do adapter.add_query(instruction, abridge_sql_log=True) -%}
    {%- endfor -%}
    {{ return('insert into ' ~ this.render()) }}
{%- endmacro %}

{% macro litteral_spark(valeur) -%}
    {%- if valeur is none -%}
        null
    {%- else -%}
        '{{ valeur | string | replace("\\", "\\\\") | replace("'", "\\'") }}'
    {%- endif -%}
{%- endmacro %}
