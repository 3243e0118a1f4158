-- The run that made this warehouse, one row: every output repeats its number and its day of extraction.

select
    cast('{{ invocation_id }}' as string) as execution_id,
    {{ date_extraction() }} as date_extraction,
    cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}' as timestamp) as construit_le
