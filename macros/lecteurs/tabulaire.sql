{#-
    Delimited and Parquet files of a flux, read once: charger_lignes types every row into a temporary table and
    names what is wrong with it; flux keeps, for each key, the row of the latest extraction; ranger_rejets puts
    the rejected rows and the counts of each file aside. The contract (seed contrat_flux) says everything else.
-#}

{#- 'stg_gam__venues' -> 'gam/venues' -#}
{% macro nom_du_flux(modele) -%}
    {{ return(modele.name | replace('stg_', '', 1) | replace('__', '/', 1)) }}
{%- endmacro %}

{% macro table_des_lignes(nom) -%}
    {{ return('lignes_' ~ nom | replace('/', '__')) }}
{%- endmacro %}

{#- The columns of a flux, in the contract's order: nom, type, cle, obligatoire, valeurs, controle. -#}
{% macro contrat(nom) %}
    {%- set resultat = [] -%}
    {%- if execute -%}
        {%- for ligne in run_query(
            "select colonne, type, cle, obligatoire, valeurs, controle from reference.contrat_flux"
            ~ " where flux = '" ~ nom ~ "' order by ordre"
        ).rows -%}
            {%- do resultat.append({
                'nom': ligne[0], 'type': ligne[1], 'cle': ligne[2] == 'oui', 'obligatoire': ligne[3] == 'oui',
                'valeurs': (ligne[4] or '').split(' | ') if ligne[4] else [], 'controle': ligne[5] or '',
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(resultat) }}
{% endmacro %}

{#- The files of a flux whose obligatory columns are there, from the inventory. -#}
{% macro fichiers_du_flux(nom) %}
    {%- set resultat = [] -%}
    {%- if execute -%}
        {%- for f in run_query(
            "select rang, finess_ej, fichier, format, delimiteur, colonnes, types, barres, chemin_lecture, erreur"
            ~ " from staging.stg_reference__fichiers"
            ~ " where flux = '" ~ nom ~ "' and colonnes_manquantes is null order by rang"
        ).rows -%}
            {%- if f[9] -%}
                {{ exceptions.raise_compiler_error("Fichier " ~ f[2] ~ " " ~ f[9] ~ " : remplacez-le ou retirez-le du dossier.") }}
            {%- endif -%}
            {%- do resultat.append({
                'rang': f[0], 'finess_ej': f[1], 'fichier': f[2], 'format': f[3], 'delimiteur': f[4],
                'colonnes': fromjson(f[5]), 'types': fromjson(f[6]), 'barres': f[7], 'chemin': f[8],
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(resultat) }}
{% endmacro %}

{#- One file as text columns of the contract, with its line numbers. -#}
{% macro lire_fichier(fichier, colonnes, forme_francaise) -%}
    select
        '{{ fichier.finess_ej or '' }}' as ej,
        {{ fichier.rang }} * 10000000000 + ligne as ligne_source,
        {{ 'true' if forme_francaise else 'false' }} as forme_francaise,
        {% if fichier.format == 'parquet' -%}
        {{ adapter.dispatch('champs_parquet')(fichier, colonnes) }}
        {%- else -%}
        {{ adapter.dispatch('champs_csv')(fichier, colonnes) }}
        {%- endif %}
{%- endmacro %}

{% macro duckdb__champs_csv(fichier, colonnes) -%}
        len(champs) <> {{ fichier.colonnes | length }} as nb_champs_faux,
        {%- for colonne in colonnes %}
        {% if colonne.nom in fichier.colonnes -%}
        nullif(trim(champs[{{ fichier.colonnes.index(colonne.nom) + 1 }}]), '') as "{{ colonne.nom }}"
        {%- else -%}
        cast(null as varchar) as "{{ colonne.nom }}"
        {%- endif %}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            ligne,
            {{ decouper('texte', fichier.delimiteur) }} as champs
        from {{ lire_lignes(fichier.chemin) }}
        where ligne > 1 and trim(texte) <> ''
    )
{%- endmacro %}

{#- Native types become the text of the contract; a whole number stored as a double is a whole number. -#}
{% macro duckdb__champs_parquet(fichier, colonnes) -%}
        false as nb_champs_faux,
        {%- for colonne in colonnes %}
        {% if colonne.nom in fichier.colonnes -%}
        {%- set genre = fichier.types[fichier.colonnes.index(colonne.nom)] -%}
        {%- set q = '"' ~ colonne.nom ~ '"' -%}
        {%- if colonne.type == 'integer' and genre.startswith(('double', 'float', 'decimal', 'half')) -%}
        case when {{ q }} = floor({{ q }}) then cast(cast({{ q }} as bigint) as varchar) else cast({{ q }} as varchar) end as {{ q }}
        {%- elif colonne.type == 'date' and genre.startswith('timestamp') -%}
        cast(cast({{ q }} as date) as varchar) as {{ q }}
        {%- elif colonne.type == 'timestamp' and genre.startswith('timestamp') -%}
        cast(cast({{ q }} as timestamp) as varchar) as {{ q }}
        {%- else -%}
        nullif(trim(cast({{ q }} as varchar)), '') as {{ q }}
        {%- endif -%}
        {%- else -%}
        cast(null as varchar) as "{{ colonne.nom }}"
        {%- endif %}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select *, file_row_number + 2 as ligne
        from read_parquet('{{ fichier.chemin | replace("'", "''") }}', file_row_number = true)
    )
{%- endmacro %}

{#- Lines of a text file, numbered from 1; empty ones are null. -#}
{% macro lire_lignes(chemin) -%}
    {{ adapter.dispatch('lire_lignes')(chemin) }}
{%- endmacro %}

{% macro duckdb__lire_lignes(chemin) -%}
(
    select row_number() over () as ligne, texte
    from {{ lire_texte(chemin) }}
)
{%- endmacro %}

{#- Lines of a text file, in order; empty ones are null. -#}
{% macro lire_texte(chemin) -%}
    {{ adapter.dispatch('lire_texte')(chemin) }}
{%- endmacro %}

{% macro duckdb__lire_texte(chemin) -%}
read_csv(
        '{{ chemin | replace("'", "''") }}', columns = {'texte': 'varchar'}, auto_detect = false, header = false,
        delim = '\x01', quote = '', escape = ''
    )
{%- endmacro %}

{#- Fields of a delimited line; quotes are looked at only where there are some. -#}
{% macro decouper(texte, delimiteur) -%}
    {%- set d = '\\t' if delimiteur == '\t' else delimiteur -%}
    {%- set litteral = "chr(9)" if delimiteur == '\t' else "'" ~ delimiteur ~ "'" -%}
    case
        when contains({{ texte }}, '"') then list_transform(
            regexp_extract_all({{ litteral }} || {{ texte }}, '{{ d }}( *"(?:[^"]|"")*" *|[^{{ d }}]*)', 1),
            lambda champ: case
                when starts_with(trim(champ), '"') and ends_with(trim(champ), '"') and length(trim(champ)) > 1
                then replace(substr(trim(champ), 2, length(trim(champ)) - 2), '""', '"')
                else champ
            end
        )
        else string_split({{ texte }}, {{ litteral }})
    end
{%- endmacro %}

{#- The text of a column as a value of the contract's type, null when it cannot be read. -#}
{% macro typer(colonne) -%}
    {%- set c = '"' ~ colonne.nom ~ '"' -%}
    {%- if colonne.type == 'varchar' -%}
    {{ c }}
    {%- elif colonne.type == 'boolean' -%}
    case lower({{ c }})
            when 'true' then true when '1' then true when 'oui' then true
            when 'false' then false when '0' then false when 'non' then false
        end
    {%- elif colonne.type == 'integer' -%}
    case when regexp_full_match({{ c }}, '[+-]?[0-9]+') then try_cast({{ c }} as integer) end
    {%- elif colonne.type == 'double' -%}
    case when regexp_full_match({{ c }}, '[+-]?[0-9]+(\.[0-9]+)?') then try_cast({{ c }} as double) end
    {%- elif colonne.type == 'date' -%}
    case
            when forme_francaise then cast(try_strptime({{ c }}, '%d/%m/%Y') as date)
            when length({{ c }}) = 10 and {{ c }} like '____-__-__' then try_cast({{ c }} as date)
        end
    {%- elif colonne.type == 'timestamp' -%}
    case
            when forme_francaise then try_strptime(
                replace({{ c }}, 'T', ' '), ['%d/%m/%Y %H:%M:%S', '%d/%m/%Y %H:%M', '%d/%m/%Y', '%d/%m/%Y %H:%M:%S.%f']
            )
            when
                {{ c }} like '____-__-__' or {{ c }} like '____-__-_____:__' or {{ c }} like '____-__-_____:__:__'
                or {{ c }} like '____-__-_____:__:__.%' and length({{ c }}) <= 26
                then try_cast({{ c }} as timestamp)
        end
    {%- endif -%}
{%- endmacro %}

{#- The clauses that reject a row, in the contract's order; each gives 'MOTIF|colonne'. -#}
{% macro clauses_de_rejet(nom, colonnes) -%}
        when nb_champs_faux then 'NOMBRE_DE_CHAMPS|'
    {%- for colonne in colonnes -%}
        {%- set texte, valeur = 'texte."' ~ colonne.nom ~ '"', 'valeur."' ~ colonne.nom ~ '"' %}
        {%- if colonne.obligatoire %}
        when {{ texte }} is null then 'OBLIGATOIRE_VIDE|{{ colonne.nom }}'
        {%- endif %}
        {%- if colonne.nom == 'adresse_destinataire' %}
        when {{ texte }} is null and texte.canal = 'PRO' then 'OBLIGATOIRE_VIDE|{{ colonne.nom }}'
        {%- endif %}
        {%- if colonne.type != 'varchar' %}
        when {{ texte }} is not null and {{ valeur }} is null then 'TYPE_ILLISIBLE|{{ colonne.nom }}'
        {%- endif %}
        {%- if colonne.valeurs %}
        when {{ texte }} not in ('{{ colonne.valeurs | join("', '") }}') then 'HORS_VALEURS|{{ colonne.nom }}'
        {%- endif %}
        {%- if colonne.controle.startswith('>=') %}
        when {{ valeur }} < {{ colonne.controle[2:] }} then 'HORS_VALEURS|{{ colonne.nom }}'
        {%- elif '..' in colonne.controle %}
        when {{ valeur }} not between {{ colonne.controle.split('..')[0] }} and {{ colonne.controle.split('..')[1] }}
            then 'HORS_VALEURS|{{ colonne.nom }}'
        {%- elif colonne.controle.startswith('longueur=') %}
        when length({{ texte }}) <> {{ colonne.controle[9:] }} then 'HORS_VALEURS|{{ colonne.nom }}'
        {%- elif colonne.controle.startswith('jour=') %}
        when day({{ valeur }}) <> {{ colonne.controle[5:] }} then 'HORS_VALEURS|{{ colonne.nom }}'
        {%- endif %}
        {%- if nom == 'gam/venues' and colonne.nom == 'date_sortie' %}
        when valeur.date_sortie < valeur.date_entree then 'DATES_INCOHERENTES|date_sortie'
        {%- endif %}
    {%- endfor -%}
{%- endmacro %}

{#- True when most dates of a file are written JJ/MM/AAAA; only files that hold a slash are looked at. -#}
{% macro forme_francaise(fichier, colonnes) %}
    {%- set dates = colonnes | selectattr('type', 'in', ['date', 'timestamp']) | map(attribute='nom')
        | select('in', fichier.colonnes) | list -%}
    {%- if not (fichier.barres and dates and fichier.format == 'csv') -%}{{ return(false) }}{%- endif -%}
    {%- set requete -%}
        select
            {%- for nom in dates %}
            coalesce(sum(case when regexp_matches("{{ nom }}", '^[0-9]{2}/[0-9]{2}/[0-9]{4}') then 1
                when regexp_matches("{{ nom }}", '^[0-9]{4}-[0-9]{2}-[0-9]{2}') then -1 end), 0) {{ '+' if not loop.last }}
            {%- endfor %}
        from ({{ lire_fichier(fichier, colonnes, false) }})
    {%- endset -%}
    {{ return(run_query(requete).rows[0][0] > 0) }}
{% endmacro %}

{#- Every row of every file of a flux, typed, with motif and colonne of its rejection. -#}
{% macro charger_lignes(nom=none) %}
    {%- set nom = nom or nom_du_flux(model) -%}
    {%- set colonnes = contrat(nom) -%}
    create or replace temp table {{ table_des_lignes(nom) }} as
    with texte as (
        {%- for fichier in fichiers_du_flux(nom) %}
        {{ lire_fichier(fichier, colonnes, forme_francaise(fichier, colonnes)) }}
        union all
        {%- endfor %}
        select
            cast(null as varchar) as ej,
            cast(null as bigint) as ligne_source,
            false as forme_francaise,
            false as nb_champs_faux{% for colonne in colonnes if execute %},
            cast(null as varchar) as "{{ colonne.nom }}"{% endfor %}
        where false
    ),

    lues as (
        select
            ej, ligne_source, nb_champs_faux,
            struct_pack(canari := false{% for c in colonnes %}, "{{ c.nom }}" := "{{ c.nom }}"{% endfor %}) as texte,
            struct_pack(canari := false{% for c in colonnes %}, "{{ c.nom }}" := {{ typer(c) }}{% endfor %}) as valeur
        from texte
    ),

    jugees as (
        select
            *,
            case
                {{ clauses_de_rejet(nom, colonnes) }}
            end as rejet
        from lues
    )

    select
        ej, ligne_source, rejet,
        case split_part(rejet, '|', 2)
            {%- for colonne in colonnes %}
            when '{{ colonne.nom }}' then texte."{{ colonne.nom }}"
            {%- endfor %}
        end as valeur_rejetee{% for colonne in colonnes %},
        valeur."{{ colonne.nom }}"{% endfor %}
    from jugees
{% endmacro %}

{#- The rows to keep: not rejected, and the latest of their key within the establishment. -#}
{% macro flux(messages=none, complements=[]) -%}
    {%- set nom = nom_du_flux(model) -%}
    {%- set lignes = table_des_lignes(nom) -%}
    {#- depends_on: contract and inventory -#}
    {%- do ref('contrat_flux') -%}{%- do ref('stg_reference__fichiers') -%}
    {%- set colonnes = contrat(nom) -%}
    {%- if nom != 'reference/etablissements' -%}{%- do ref('stg_reference__etablissements') -%}{%- endif -%}
    {%- set tables -%}
(
    select *{{ '' if 'finess_ej' in colonnes | map(attribute='nom') else ', ej as finess_ej' }}
    from {{ lignes }}
    where ligne_source in (
        select max(ligne_source)
        from {{ lignes }}
        where rejet is null
        group by ej{% for c in colonnes if c.cle %}, "{{ c.nom }}"{% endfor %}
    )
)
    {%- endset -%}
    {{ tables if messages is none else tables_et_messages(nom, colonnes, tables, messages, complements) }}
{%- endmacro %}

{% macro ranger_rejets() %}
    {%- set nom = nom_du_flux(model) -%}
    {%- set lignes = table_des_lignes(nom) -%}
    create or replace table staging.rejets_{{ nom | replace('/', '__') }} as
    select
        '{{ nom }}' as flux, ligne_source,
        nullif(split_part(rejet, '|', 2), '') as colonne, valeur_rejetee as valeur, split_part(rejet, '|', 1) as motif
    from {{ lignes }}
    where rejet is not null;

    create or replace table staging.comptes_{{ nom | replace('/', '__') }} as
    select
        '{{ nom }}' as flux, ligne_source // 10000000000 as rang, count(*) as nb_lues,
        count(*) filter (where rejet is not null) as nb_rejetees,
        count(*) filter (where rejet is null) - count(retenue.ligne_source) as nb_remplacees,
        count(retenue.ligne_source) as nb_retenues
    from {{ lignes }} as lue
    left join (
        select ligne_source from {{ this }}{{ " where source = 'TABLE'" if '__messages_' in (model.raw_code or '') }}
    ) as retenue using (ligne_source)
    group by all;

    drop table {{ lignes }};
{% endmacro %}

{#- « An EJ folder without a row here is an error that names it. » -#}
{% macro verifier_etablissements() %}
    {%- if not execute -%}{{ return('') }}{%- endif -%}
    {%- set inconnus = run_query(
        "select distinct finess_ej from staging.stg_reference__fichiers where length(finess_ej) = 9 except"
        ~ " select finess_ej from staging.stg_reference__etablissements order by all"
    ).columns[0].values() -%}
    {%- if inconnus -%}
        {{ exceptions.raise_compiler_error(
            "Dossier " ~ inconnus | join(', ') ~ " sans ligne dans etablissements.csv : ajoutez la ligne ou retirez le dossier."
        ) }}
    {%- endif -%}
{% endmacro %}
