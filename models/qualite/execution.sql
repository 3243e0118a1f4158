-- The run that made this warehouse, one row: every output repeats its number and its day of extraction. What the rules were is
-- told too: a rate moves with them as with the data.
-- « regles » is a digest of the models and of the code lists: the git revision is unknown outside a repository, and does not
-- say which files differ from it.

select
    cast('{{ invocation_id }}' as string) as execution_id,
    {{ date_extraction() }} as date_extraction,
    cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}' as timestamp) as construit_le,
    nullif(cast('{{ env_var("DBT_ENV_CUSTOM_ENV_SOCLE_REVISION", "") }}' as string), '') as revision,
    cast('{{ empreinte_des_regles() }}' as string) as regles
