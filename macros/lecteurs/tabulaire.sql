{#-
    Delimited and Parquet files of a flux, read once: charger_lignes types every row into Parquet files (« lots », kept
    from one build to the next by socle.lecture.cache) and names what is wrong with it; flux keeps, for each key, the row of the
    latest extraction; ranger_rejets puts the rejected rows and the counts of each file aside. The contract (seed
    contrat_flux) says everything else.
-#}

{#- 'int_gam_venues' -> 'gam/venues' -#}
{% macro nom_du_flux(modele) -%}
    {{ return(modele.name | replace('stg_', '', 1) | replace('__', '/', 1)) }}
{%- endmacro %}

{#- What charger_lignes leaves: genre is « lignes », « perimees » (rows that a later one of the same key replaces), « sources ». -#}
{% macro relation_du_flux(genre, nom) -%}
    {{ return(genre ~ '_' ~ nom | replace('/', '__')) }}
{%- endmacro %}

{#-
    The columns of a flux, in the contract's order: nom, type, cle, obligatoire, valeurs, controle, condition (« obligatoire
    si canal = PRO, jamais lue si canal = CITOYENNE »: the address of a patient holds the INS), nature (IDENTIFIANT, FIN:
    what natures_colonnes says of the name).
-#}
{% macro contrat(nom) %}
    {%- set resultat = [] -%}
    {%- if execute -%}
        {%- for ligne in run_query(
            "select colonne, type, cle, obligatoire, valeurs, controle, nature from reference.contrat_flux"
            ~ " left join reference.natures_colonnes using (colonne) where flux = '" ~ nom ~ "' order by ordre"
        ).rows -%}
            {%- do resultat.append({
                'nom': ligne[0], 'type': ligne[1], 'cle': ligne[2] == 'oui', 'obligatoire': ligne[3] == 'oui',
                'valeurs': (ligne[4] or '').split(' | ') if ligne[4] else [], 'controle': ligne[5] or '',
                'condition': "canal = 'PRO'" if ligne[0] == 'adresse_destinataire', 'nature': ligne[6],
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(resultat) }}
{% endmacro %}

{#- The files of a flux that can be read, oldest first: rank, establishment, name. -#}
{% macro fichiers_du_flux(nom) %}
    {%- set resultat = [] -%}
    {%- for f in run_query(
        "select rang, finess_ej, fichier from staging.stg_reference__fichiers"
        ~ " where flux = '" ~ nom ~ "' and etat = 'LU' order by rang"
    ).rows -%}
        {%- do resultat.append({'rang': f[0], 'finess_ej': f[1] or '', 'fichier': f[2]}) -%}
    {%- endfor -%}
    {{ return(resultat) }}
{% endmacro %}

{#-
    Rows of files that are cut alike, as text columns of the contract (the text of a column that is not text is named
    <colonne>__texte), with the number of the file and that of the line in it.
-#}
{% macro champs(tranche, colonnes) -%}
    {%- if tranche.format == 'parquet' -%}
    {{ adapter.dispatch('champs_parquet')(tranche, colonnes) }}
    {%- else -%}
    {{ adapter.dispatch('champs_csv')(tranche, colonnes) }}
    {%- endif -%}
{%- endmacro %}

{% macro nom_du_texte(colonne) -%}
    {{ return('"' ~ colonne.nom ~ ('"' if colonne.type == 'varchar' else '__texte"')) }}
{%- endmacro %}

{% macro duckdb__champs_csv(tranche, colonnes) -%}
    {%- set nb = tranche.colonnes | length %}
    select
        fichier_id, ligne,
        {% if tranche.final -%}
        len(champs) <> {{ nb + 1 }} or champs[{{ nb + 1 }}] <> '' as nb_champs_faux,
        {%- else -%}
        {#- A header that ends with a delimiter names one column less. -#}
        len(champs) not in ({{ nb }}{{ ', ' ~ (nb - 1) if tranche.colonnes[-1:] == [''] }}) as nb_champs_faux,
        {%- endif %}
        {%- for colonne in colonnes %}
        {% if colonne.nom in tranche.colonnes -%}
        {%- set c = 'champs[' ~ (tranche.colonnes.index(colonne.nom) + 1) ~ ']' -%}
        {{ valeur_ecrite(sans_blancs(c) if tranche.blancs else c, colonne, tranche.marques, tranche.exposants) }} as {{ nom_du_texte(colonne) }}
        {%- else -%}
        cast(null as varchar) as {{ nom_du_texte(colonne) }}
        {%- endif %}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            fichier_id, ligne,
            {{ decouper('texte', tranche.delimiteur, tranche.guillemets, tranche.marques) }} as champs
        from (
            select
                [{{ tranche.identifiants | join(', ') }}][cast(file_index as bigint) + 1] as fichier_id,
                row_number() over () - [{{ tranche.debuts | join(', ') }}][cast(file_index as bigint) + 1] as ligne,
                texte
            from {{ lire_texte(tranche.chemins, '\\r\\n' if tranche.crlf else '\\n') }}
        )
        where ligne > 1 and {{ sans_blancs('texte') ~ " <> ''" if tranche.blancs else 'texte is not null' }}
    )
{%- endmacro %}

{#- « Blanks of every kind around a value are dropped. » -#}
{% macro sans_blancs(texte) -%}
trim({{ texte }}, {{ "' ' || chr(9) || chr(160) || chr(8239) || chr(8203) || chr(65279)" }})
{%- endmacro %}

{#- « Nothing written out »; na is one unless the values of the column list it. -#}
{% macro mots_vides() -%}
'null', '\n', '(null)', '<null>', 'n/a', '#n/a', '<na>', 'nan', 'none'
{%- endmacro %}

{#-
    The text of a value as the contract reads it: words for nothing, what Excel adds around, the far date of what has not
    ended. What no column can read keeps its text after a chr(1).
-#}
{% macro valeur_ecrite(texte, colonne, marques, exposants) -%}
    {%- set c = texte -%}
    {%- if marques -%}
        {%- set c -%}
case
            when length({{ texte }}) <= 6 and lower({{ texte }}) in ({{ mots_vides() }}{{ ", 'na'" if 'NA' not in colonne.valeurs }}) then null
            when starts_with({{ texte }}, chr(2)) then substr({{ texte }}, 2)
            when starts_with({{ texte }}, '="') and ends_with({{ texte }}, '"') then {{ sans_blancs("substr(" ~ texte ~ ", 3, length(" ~ texte ~ ") - 3)") }}
            when starts_with({{ texte }}, '''') then {{ sans_blancs("substr(" ~ texte ~ ", 2)") }}
            else {{ texte }}
        end
        {%- endset -%}
    {%- endif -%}
    {%- if colonne.nature == 'IDENTIFIANT' and exposants -%}
        {%- set c = "case when regexp_full_match(" ~ c ~ ", '[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-][0-9]+|[+-]?[0-9]+[.,][0-9]+[eE][0-9]+') then chr(1) || " ~ c ~ " else " ~ c ~ " end" -%}
    {%- endif -%}
    {%- if colonne.nature == 'FIN' -%}
        {%- set c = "case when left(" ~ c ~ ", 10) not in ('9999-12-31', '2999-12-31', '31/12/9999', '31/12/2999') then " ~ c ~ " end" -%}
    {%- endif -%}
nullif({{ c }}, '')
{%- endmacro %}

{#-
    Native types become the text of the contract. A whole number stored as a double is that number, as far as its digits are
    known; an instant with a zone is told by the clock of the establishment.
-#}
{% macro duckdb__champs_parquet(tranche, colonnes) -%}
    {#- A file with a column of the name of one of the engine's own is alone in its tranche: see socle.lecture.cache. -#}
    {%- set seul = tranche.chemins | length == 1 %}
    select
        fichier_id, ligne,
        false as nb_champs_faux,
        {%- for colonne in colonnes %}
        {% if colonne.nom in tranche.colonnes -%}
        {{ texte_natif('"' ~ colonne.nom ~ '"', tranche.types[tranche.colonnes.index(colonne.nom)], colonne, tranche) }}
        {%- else -%}
        cast(null as varchar)
        {%- endif %} as {{ nom_du_texte(colonne) }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            {%- for colonne in colonnes if colonne.nom in tranche.colonnes %}
            "{{ colonne.nom }}",
            {%- endfor %}
            {{ tranche.identifiants[0] if seul else '[' ~ tranche.identifiants | join(', ') ~ '][cast(file_index as bigint) + 1]' }} as fichier_id,
            {{ 'row_number() over () + 1' if seul else 'file_row_number + 2' }} as ligne
        from read_parquet({{ chemins_sql(tranche.chemins) }}{{ ', file_row_number = true' if not seul }})
    )
{%- endmacro %}

{% macro texte_natif(q, genre, colonne, tranche) -%}
    {%- if genre in ('double', 'float') -%}
        {%- set entier = q ~ " = floor(" ~ q ~ ") and abs(" ~ q ~ ") <= " ~ (16777216 if genre == 'float' else 9007199254740992) -%}
        {%- set autre = ("chr(1) || " if colonne.nature == 'IDENTIFIANT' else '') ~ "cast(" ~ q ~ " as varchar)" -%}
case when isnan({{ q }}) then null when {{ entier }} then cast(cast({{ q }} as bigint) as varchar) else {{ autre }} end
    {%- elif genre.startswith('decimal') -%}
regexp_replace(cast({{ q }} as varchar), '\.0+$', '')
    {%- elif genre == 'timestamp with time zone' -%}
    {%- if colonne.nature == 'FIN' -%}
        {%- set q = "case when cast(timezone('UTC', " ~ q ~ ") as date) not in (date '9999-12-31', date '2999-12-31') then " ~ q ~ " end" -%}
    {%- endif -%}
{{ valeur_ecrite("left(cast(timezone(" ~ fuseau_du_fichier(tranche) ~ ", " ~ q ~ ") as varchar), " ~ (10 if colonne.type == 'date' else 26) ~ ")", colonne, false, false) }}
    {%- elif genre.startswith(('timestamp', 'date')) -%}
{{ valeur_ecrite("left(cast(" ~ q ~ " as varchar), " ~ (10 if colonne.type == 'date' else 26) ~ ")", colonne, false, false) }}
    {%- elif genre in ('varchar', 'json', 'uuid') or genre.startswith('enum') -%}
{{ valeur_ecrite(sans_blancs("cast(" ~ q ~ " as varchar)"), colonne, true, true) }}
    {%- elif genre.endswith(('int', 'integer')) or genre == 'boolean' -%}
cast({{ q }} as varchar)
    {%- elif genre == 'blob' -%}
case when {{ q }} is not null then coalesce({{ valeur_ecrite(sans_blancs("try(decode(" ~ q ~ "))"), colonne, true, true) }}, case when octet_length({{ q }}) > 0 then chr(1) || 'octets' end) end
    {%- else -%}
case when {{ q }} is not null then chr(1) || left(cast({{ q }} as varchar), 100) end
    {%- endif -%}
{%- endmacro %}

{#- The clock of the establishment that a file comes from: fuseaux names one for each file of the tranche. -#}
{% macro fuseau_du_fichier(tranche) -%}
    {%- if tranche.fuseaux | unique | list | length == 1 -%}
'{{ tranche.fuseaux[0] }}'
    {%- else -%}
case fichier_id {% for f in tranche.fuseaux %}when {{ tranche.identifiants[loop.index0] }} then '{{ f }}' {% endfor %}end
    {%- endif -%}
{%- endmacro %}

{% macro liste_sql(textes) -%}
    ['{{ textes | map('replace', "'", "''") | join("', '") }}']
{%- endmacro %}

{#- DuckDB takes « * », « ? » and « [ » in a path for a pattern; in brackets they stand for themselves. -#}
{% macro chemin_sql(chemin) -%}
    {{ return(chemin | replace('[', '[[]') | replace('*', '[*]') | replace('?', '[?]')) }}
{%- endmacro %}

{% macro chemins_sql(chemins) -%}
    {%- set litteraux = [] -%}
    {%- for chemin in chemins -%}{%- do litteraux.append(chemin_sql(chemin)) -%}{%- endfor -%}
    {{ return(liste_sql(litteraux)) }}
{%- endmacro %}

{#- Lines of text files read one after the other, in order; empty ones are null. -#}
{% macro lire_texte(chemins, fin_de_ligne=none) -%}
    {{ adapter.dispatch('lire_texte')([chemins] if chemins is string else chemins, fin_de_ligne) }}
{%- endmacro %}

{% macro duckdb__lire_texte(chemins, fin_de_ligne) -%}
read_csv(
        {{ chemins_sql(chemins) }}, columns = {'texte': 'varchar'}, auto_detect = false, header = false,
        delim = '\x01', quote = '', escape = ''{% if fin_de_ligne %}, new_line = '{{ fin_de_ligne }}'{% endif %}
    )
{%- endmacro %}

{#-
    Fields of a delimited line; quotes are looked at only where there are some, and make a value only from its beginning to
    its end. « Nothing » is a value in quotes: chr(2) tells.
-#}
{% macro decouper(texte, delimiteur, guillemets, marques=false) -%}
    {%- set d = {'\t': '\\t', '|': '\\|'}.get(delimiteur, delimiteur) -%}
    {%- set litteral = "chr(9)" if delimiteur == '\t' else "'" ~ delimiteur ~ "'" -%}
    {%- if not guillemets -%}{{ return('string_split(' ~ texte ~ ', ' ~ litteral ~ ')') }}{%- endif -%}
    {%- set blancs = '[ ' ~ ('' if delimiteur == '\t' else '\\t') ~ '\\x{a0}\\x{202f}\\x{200b}\\x{feff}]*' -%}
    {%- set interieur = sans_blancs("replace(substr(champ, 2, length(champ) - 2), '\"\"', '\"')") -%}
    case
        when contains({{ texte }}, '"') then list_transform(
            list_transform(
                regexp_extract_all({{ texte }} || {{ litteral }}, '({{ blancs }}"(?:[^"]|"")*"{{ blancs }}|[^{{ d }}]*){{ d }}', 1),
                lambda champ: {{ sans_blancs('champ') }}
            ),
            lambda champ: case
                when regexp_full_match(champ, '"(?:[^"]|"")*"')
                then {{ 'case when lower(' ~ interieur ~ ') in (' ~ mots_vides() ~ ", 'na') then chr(2) else '' end || " if marques }}{{ interieur }}
                else champ
            end
        )
        else string_split({{ texte }}, {{ litteral }})
    end
{%- endmacro %}

{#- The text of a column as a value of the contract's type, null when it cannot be read. -#}
{% macro typer(colonne, tranche, forme_francaise) -%}
    {%- set c = nom_du_texte(colonne) -%}
    {%- if colonne.type == 'boolean' -%}
    case
            when {{ c }} = 'true' then true
            when {{ c }} = 'false' then false
            when lower({{ c }}) in ('true', '1', 'oui', 'vrai', 'o') then true
            when lower({{ c }}) in ('false', '0', 'non', 'faux', 'n') then false
        end
    {%- elif colonne.type == 'integer' -%}
    case when regexp_full_match({{ c }}, '[+-]?[0-9]+') then try_cast({{ c }} as integer) end
    {%- elif colonne.type == 'double' -%}
    {%- set natif = colonne.nom in tranche.colonnes and tranche.format == 'parquet' and tranche.types[tranche.colonnes.index(colonne.nom)] in ('double', 'float') -%}
    case when regexp_full_match({{ c }}, '[+-]?[0-9]+(\.[0-9]+)?{{ '(e[+-]?[0-9]+)?' if natif }}') then try_cast({{ c }} as double) end
    {%- elif forme_francaise -%}
    cast({{ instant(c, tranche, forme_francaise) }} as {{ colonne.type }})
    {%- elif colonne.type == 'date' -%}
    case
            when length({{ c }}) = 10 and {{ c }} like '____-__-__' then try_cast({{ c }} as date)
            else cast({{ instant(c, tranche, forme_francaise) }} as date)
        end
    {%- elif colonne.type == 'timestamp' -%}
    case
            when {{ c }} like '____-__-_____:__:__' or {{ c }} like '____-__-__' or {{ c }} like '____-__-_____:__'
                then try_cast({{ c }} as timestamp)
            else {{ instant(c, tranche, forme_francaise) }}
        end
    {%- endif -%}
{%- endmacro %}

{#-
    A date, perhaps a time, perhaps a zone, in the form of its file: a timestamp by the clock of the establishment. The time
    may lack its seconds and have any number of decimals.
-#}
{% macro instant(texte, tranche, forme_francaise) -%}
    {%- set jour = '[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}' if forme_francaise else '[0-9]{4}-[0-9]{2}-[0-9]{2}' -%}
    {%- set heure = '[T ]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?' -%}
    {%- set iso = texte -%}
    {%- if forme_francaise -%}
        {%- set iso = "regexp_replace(" ~ texte ~ ", '^([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})', '\\3-\\2-\\1')" -%}
    {%- endif -%}
case
            when regexp_full_match({{ texte }}, '{{ jour }}({{ heure }})?')
                then try_cast(regexp_replace(replace({{ iso }}, ',', '.'), '[T ]+', ' ') as timestamp)
            when regexp_full_match({{ texte }}, '{{ jour }}{{ heure }} ?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)')
                then timezone({{ fuseau_du_fichier(tranche) }}, try_cast(
                    regexp_replace(
                        regexp_replace(upper(replace({{ iso }}, ',', '.')), ' ([Z+-])', '\1'),
                        '[T ]+([0-9]{1,2}:[0-9]{2})([Z+-])', ' \1:00\2'
                    ) as timestamptz
                ))
        end
{%- endmacro %}

{#- The clauses that reject a row for a column, the first that holds gives 'MOTIF|colonne'; nothing when there are none. -#}
{% macro clauses_de_la_colonne(nom, colonne, tranche) -%}
    {%- set texte, valeur = nom_du_texte(colonne), '"' ~ colonne.nom ~ '"' %}
    {%- if colonne.obligatoire %}
    when {{ texte }} is null then 'OBLIGATOIRE_VIDE|{{ colonne.nom }}'
    {%- endif %}
    {%- if colonne.condition %}
    when {{ texte }} is null and {{ colonne.condition }} then 'OBLIGATOIRE_VIDE|{{ colonne.nom }}'
    {%- endif %}
    {%- if colonne.type in ('date', 'timestamp') %}
    {#- « Years of two digits, or outside 1880–2199, are TYPE_ILLISIBLE. » #}
    when
        {{ texte }} is not null
        and ({{ valeur }} is null or {{ valeur }} < date '1880-01-01' or {{ valeur }} >= date '2200-01-01')
        then 'TYPE_ILLISIBLE|{{ colonne.nom }}'
    {%- elif colonne.type != 'varchar' %}
    when {{ texte }} is not null and {{ valeur }} is null then 'TYPE_ILLISIBLE|{{ colonne.nom }}'
    {%- elif tranche.format == 'parquet' or tranche.exposants and colonne.nature == 'IDENTIFIANT' %}
    when starts_with({{ texte }}, chr(1)) then 'TYPE_ILLISIBLE|{{ colonne.nom }}'
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
    {%- elif colonne.controle == 'fuseau' %}
    when {{ texte }} not in (select name from pg_timezone_names()) then 'HORS_VALEURS|{{ colonne.nom }}'
    {%- elif colonne.controle.startswith('jour=') %}
    when day({{ valeur }}) <> {{ colonne.controle[5:] }} then 'HORS_VALEURS|{{ colonne.nom }}'
    {%- endif %}
    {%- if nom == 'gam/venues' and colonne.nom == 'date_sortie' %}
    when cast(date_sortie as date) < cast(date_entree as date) then 'DATES_INCOHERENTES|date_sortie'
    {%- endif %}
{%- endmacro %}

{#- Those of each column that has some, in the contract's order. -#}
{% macro clauses_de_rejet(nom, colonnes, tranche) -%}
    {%- set resultat = [] -%}
    {%- for colonne in colonnes -%}
        {%- set clauses = clauses_de_la_colonne(nom, colonne, tranche) -%}
        {%- if clauses | trim -%}{%- do resultat.append(clauses) -%}{%- endif -%}
    {%- endfor -%}
    {{ return(resultat) }}
{%- endmacro %}

{#- True when most dates of a file are written JJ/MM/AAAA; only a file that holds one such date is looked at. -#}
{% macro forme_francaise(tranche, colonnes) %}
    {%- set dates = colonnes | selectattr('type', 'in', ['date', 'timestamp']) | selectattr('nom', 'in', tranche.colonnes) | list -%}
    {%- if not (tranche.barres and dates) -%}{{ return(false) }}{%- endif -%}
    {%- set requete -%}
        select
            {%- for colonne in dates %}
            coalesce(sum(case when regexp_matches({{ nom_du_texte(colonne) }}, '^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}') then 1
                when regexp_matches({{ nom_du_texte(colonne) }}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}') then -1 end), 0) {{ '+' if not loop.last }}
            {%- endfor %}
        from ({{ champs(tranche, colonnes) }})
    {%- endset -%}
    {{ return(run_query(requete).rows[0][0] > 0) }}
{% endmacro %}

{#- Rows of files that are cut alike: typed, with the reason of their rejection, and the column and value at fault. -#}
{% macro juger(tranche, nom, colonnes, forme_francaise) -%}
    {%- set clauses = clauses_de_rejet(nom, colonnes, tranche) %}
    select
        fichier_id, ligne, rejet,
        case
            when rejet is not null
                then ltrim(case split_part(rejet, '|', 2)
                    {%- for colonne in colonnes %}
                    when '{{ colonne.nom }}' then {{ nom_du_texte(colonne) }}
                    {%- endfor %}
                end, chr(1))
        end as valeur_rejetee,
        -- « One reason per row, the first in the order of the columns; autres_fautes lists the others. »
        case
            when rejet is not null and not nb_champs_faux
                then nullif(replace(array_to_string(
                    list_filter([
                        {%- for clause in clauses %}
                        case {{ clause }} end{{ ',' if not loop.last }}
                        {%- endfor %}
                    ], lambda faute: faute is not null)[2:], ', '
                ), '|', ' '), '')
        end as autres_fautes{% for colonne in colonnes %},
        {{ 'case when ' ~ colonne.condition ~ ' then "' ~ colonne.nom ~ '" end as' if colonne.condition }} "{{ colonne.nom }}"{% endfor %}
    from (
        select
            *,
            case
                when nb_champs_faux then 'NOMBRE_DE_CHAMPS|'
                {{ clauses | join('') }}
            end as rejet
        from (
            select
                *{% for colonne in colonnes if colonne.type != 'varchar' %},
                {{ typer(colonne, tranche, forme_francaise) }} as "{{ colonne.nom }}"{% endfor %}
            from ({{ champs(tranche, colonnes) }})
        )
    )
{%- endmacro %}

{#- The files that a condition chooses, as the functions of socle.lecture.cache take them. -#}
{% macro fichiers_pour_le_cache(condition) -%}
(
        select
            coalesce(list(struct_pack(
                fichier, chemin, format, encodage, delimiteur, colonnes := cast(colonnes as varchar), types := cast(types as varchar),
                nb_lignes, taille, modifie_le, empreinte, lecture
            ) order by rang), [])
        from staging.stg_reference__fichiers
        where {{ condition }} and etat = 'LU'
    )
{%- endmacro %}

{% macro signaler_abimes(nom, abimes) -%}
    {%- for fichier in abimes -%}
        {%- do log("Cache " ~ nom ~ " : " ~ fichier ~ " est abîmé, les fichiers d'où il vient sont relus.", info=true) -%}
    {%- endfor -%}
{%- endmacro %}

{#- How the rows that are kept are written: few texts come back often, a dictionary of them costs more than it saves. -#}
{% macro options_parquet() -%}
format parquet, compression lz4, dictionary_size_limit 1000, write_bloom_filter false
{%- endmacro %}

{#-
    Where the rows already read of a flux are kept, after the files that are not there yet were read: lots, the
    identifiants of the files in their order. colonnes: the contract's, none for messages; fuseaux: by establishment. Files
    that are no longer what they were when they were inspected are set aside, the others are read without them.
-#}
{% macro lots_du_flux(nom, version, colonnes=none, fuseaux={}) %}
    {%- set plan = fromjson(run_query(
        "select socle_lots('" ~ nom ~ "', '" ~ version ~ "', " ~ fichiers_pour_le_cache("flux = '" ~ nom ~ "'") ~ ")"
    ).rows[0][0]) -%}
    {%- do signaler_abimes(nom, plan.abimes) -%}
    {%- set ecartes = plan.ecartes -%}
    {%- for lot in plan.a_ecrire if not ecartes -%}
        {%- set chemin, metadonnees = lot.chemin | replace("'", "''"), lot.metadonnees | replace("'", "''") -%}
        {%- if lot.messages -%}
            {%- do run_query(
                "select socle_messages_hl7('" ~ tojson(lot.messages) | replace("'", "''") ~ "', '" ~ chemin ~ "', '" ~ metadonnees ~ "')"
            ) -%}
        {%- else -%}
            {%- set requete -%}
            copy (
                {%- if lot.reprises %}
                select * from read_parquet({{ chemins_sql(lot.reprises) }}) where fichier_id in ({{ lot.identifiants | join(', ') }})
                {%- else %}
                {%- for tranche in lot.tranches %}
                {%- do tranche.update(fuseaux=fuseaux_des_fichiers(tranche.fichiers, fuseaux)) %}
                {{ juger(tranche, nom, colonnes, forme_francaise(tranche, colonnes)) }}
                {{ 'union all' if not loop.last }}
                {%- endfor %}
                {%- endif %}
            ) to '{{ chemin }}' ({{ options_parquet() }}, kv_metadata {socle: '{{ metadonnees }}'})
            {%- endset -%}
            {%- do run_query(requete) -%}
        {%- endif -%}
        {%- set rangement = fromjson(run_query("select socle_ranger_lot('" ~ nom ~ "', '" ~ chemin ~ "')").rows[0][0]) -%}
        {%- do ecartes.extend(rangement.ecartes) -%}
        {%- do plan.lots.append(rangement.lot) -%}
    {%- endfor -%}
    {%- if ecartes -%}
        {%- do ecarter(nom, ecartes) -%}
        {{ return(lots_du_flux(nom, version, colonnes, fuseaux)) }}
    {%- endif -%}
    {%- if plan.identifiants -%}
        {%- do log(nom ~ " : " ~ plan.nb_lignes ~ " lignes, dont " ~ plan.nb_connues ~ " déjà lues", info=true) -%}
    {%- endif -%}
    {{ return(plan) }}
{% endmacro %}

{% macro fuseaux_des_fichiers(noms, fuseaux) -%}
    {%- set resultat = [] -%}
    {%- for nom in noms -%}{%- do resultat.append(fuseaux.get(nom.split('/')[0], 'Europe/Paris')) -%}{%- endfor -%}
    {{ return(resultat) }}
{%- endmacro %}

{#- A file that changed or went while it was read is unreadable for this run. -#}
{% macro ecarter(nom, fichiers) %}
    {%- do run_query(
        "update staging.stg_reference__fichiers set etat = 'ILLISIBLE', erreur = 'modifié ou retiré pendant la lecture' where flux = '"
        ~ nom ~ "' and fichier in (" ~ liste_sql(fichiers)[1:-1] ~ ")"
    ) -%}
    {%- for fichier in fichiers -%}
        {%- do log("Fichier " ~ fichier ~ " modifié ou retiré pendant la lecture : il sera lu à la prochaine exécution.", info=true) -%}
    {%- endfor -%}
{% endmacro %}

{#- « Instants with a zone become the clock of the establishment »: what etablissements.csv names, Europe/Paris otherwise. -#}
{% macro fuseaux_des_etablissements(nom) %}
    {%- set resultat = {} -%}
    {%- if nom != 'reference/etablissements' -%}
        {%- for ligne in run_query(
            "select finess_ej, fuseau from staging.stg_reference__etablissements where fuseau is not null order by all"
        ).rows -%}
            {%- do resultat.update({ligne[0]: ligne[1]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(resultat) }}
{% endmacro %}

{#- The files of a flux as the lots number them: (fichier_id, rang, ej). -#}
{% macro sources_des_lots(plan, fichiers) -%}
(
        values (cast(0 as bigint), cast(0 as bigint), '')
        {%- for f in fichiers %}, ({{ plan.identifiants[loop.index0] }}, {{ f.rang }}, '{{ f.finess_ej | replace("'", "''") }}'){% endfor %}
    ) as fichiers (fichier_id, rang, ej)
{%- endmacro %}

{#-
    Before a staging model: the typed rows of its files, read from the cache or from the files themselves.
    The SQL that types a row is its own version: rows that another one typed are read again.
-#}
{% macro charger_lignes() %}
    {%- if not execute -%}{{ return('') }}{%- endif -%}
    {%- set nom = nom_du_flux(model) -%}
    {%- set colonnes = contrat(nom) -%}
    {%- if nom == 'reference/etablissements' -%}{%- do verifier_la_liste_des_etablissements() -%}{%- endif -%}
    {%- set fuseaux = fuseaux_des_etablissements(nom) -%}
    {%- set essai = {
        'chemins': [], 'identifiants': [1, 2], 'debuts': [], 'colonnes': colonnes | map(attribute='nom') | list,
        'delimiteur': ';', 'guillemets': true, 'blancs': true, 'marques': true, 'exposants': true, 'final': true,
        'fuseaux': ['Europe/Paris', 'UTC'],
    } -%}
    {%- set sql = [juger(dict(essai, format='csv'), nom, colonnes, true), juger(dict(essai, format='csv'), nom, colonnes, false)] -%}
    {%- for genre in ['double', 'decimal', 'timestamp with time zone', 'timestamp', 'varchar', 'blob', 'struct'] -%}
        {%- do sql.append(juger(dict(essai, format='parquet', types=[genre] * (colonnes | length)), nom, colonnes, false)) -%}
    {%- endfor -%}
    {%- set version = local_md5(sql | join ~ tojson(fuseaux, sort_keys=true)) -%}
    {%- set plan = lots_du_flux(nom, version, colonnes, fuseaux) -%}
    {%- set fichiers = fichiers_du_flux(nom) -%}
    {%- set lots = plan.lots -%}
    {%- set sources, lignes, perimees = relation_du_flux('sources', nom), relation_du_flux('lignes', nom), relation_du_flux('perimees', nom) %}
    create or replace temp table {{ sources }} as
    select fichier_id, rang, ej
    from {{ sources_des_lots(plan, fichiers) }};

    create or replace temp view {{ lignes }} as
    select
        sources.ej, sources.rang * 10000000000 + lues.ligne as ligne_source, lues.rejet, lues.valeur_rejetee,
        lues.autres_fautes
        {%- for colonne in colonnes %}, lues."{{ colonne.nom }}"{% endfor %}
    {%- if lots %}
    from read_parquet({{ chemins_sql(lots) }}) as lues
    inner join {{ sources }} as sources on lues.fichier_id = sources.fichier_id
    {%- else %}
    from (
        select
            cast(null as bigint) as ligne, cast(null as varchar) as rejet, cast(null as varchar) as valeur_rejetee,
            cast(null as varchar) as autres_fautes
            {%- for colonne in colonnes %}, cast(null as {{ colonne.type }}) as "{{ colonne.nom }}"{% endfor %}
    ) as lues
    inner join {{ sources }} as sources on false
    {%- endif %};

    {{ retenir_les_dernieres(lignes, perimees, colonnes | selectattr('cle') | map(attribute='nom') | list) }}
{% endmacro %}

{#-
    Accepted rows that a later one of the same key replaces. Keys are compared by their hash first: most files repeat
    few keys or none, and only what may be repeated is then compared as text.
-#}
{% macro retenir_les_dernieres(lignes, perimees, cles) -%}
    {{ adapter.dispatch('retenir_les_dernieres')(lignes, perimees, '"' ~ cles | join('", "') ~ '"') }}
{%- endmacro %}

{% macro duckdb__retenir_les_dernieres(lignes, perimees, cle) -%}
    create or replace temp table {{ perimees }} as
    with repetees as (
        select hash(ej, {{ cle }}) as condense
        from {{ lignes }}
        where rejet is null
        group by condense
        having count(*) > 1
    ),

    concurrentes as (
        select ligne_source, ej, {{ cle }}
        from {{ lignes }}
        where rejet is null and hash(ej, {{ cle }}) in (select condense from repetees)
    )

    select ligne_source
    from concurrentes
    where ligne_source not in (select max(ligne_source) from concurrentes group by ej, {{ cle }})
{%- endmacro %}

{#-
    The rows to keep: not rejected, and the latest of their key within the establishment. patients: the flux names patients,
    whose identities messages may move.
-#}
{% macro flux(messages=none, complements=[], patients=false) -%}
    {%- set nom = nom_du_flux(model) -%}
    {#- depends_on: contract and inventory -#}
    {%- do ref('contrat_flux') -%}{%- do ref('natures_colonnes') -%}{%- do ref('stg_reference__fichiers') -%}
    {%- set colonnes = contrat(nom) -%}
    {%- if nom != 'reference/etablissements' -%}{%- do ref('stg_reference__etablissements') -%}{%- endif -%}
    {%- set tables -%}
(
    select *{{ '' if 'finess_ej' in colonnes | map(attribute='nom') else ', ej as finess_ej' }}
    from {{ relation_du_flux('lignes', nom) }}
    where rejet is null and ligne_source not in (select ligne_source from {{ relation_du_flux('perimees', nom) }})
)
    {%- endset -%}
    {%- if patients -%}{%- set tables = tables_deplacees(nom, colonnes, tables) -%}{%- endif -%}
    {{ tables if messages is none else tables_et_messages(nom, colonnes, tables, messages, complements) }}
{%- endmacro %}

{% macro ranger_rejets() %}
    {%- set nom = nom_du_flux(model) -%}
    {%- set lignes = relation_du_flux('lignes', nom) -%}
    create or replace table staging.rejets_{{ nom | replace('/', '__') }} as
    select
        '{{ nom }}' as flux, ligne_source,
        nullif(split_part(rejet, '|', 2), '') as colonne, valeur_rejetee as valeur, split_part(rejet, '|', 1) as motif,
        autres_fautes
    from {{ lignes }}
    where rejet is not null;

    {#- A message may replace a row of a table. -#}
    {%- set a_des_messages = '__messages_' in (model.raw_code or '') and messages_presents() %}
    create or replace table staging.comptes_{{ nom | replace('/', '__') }} as
    select
        '{{ nom }}' as flux, rang, sum(lue) + sum(ignorees) as nb_lues, sum(rejetee) as nb_rejetees,
        {{ 'sum(lue) - sum(rejetee) - sum(retenue)' if a_des_messages else 'sum(perimee)' }} as nb_remplacees,
        sum(retenue) as nb_retenues, sum(ignorees) as nb_ignorees
    from (
        select
            ligne_source // 10000000000 as rang, 1 as lue, cast(rejet is not null as integer) as rejetee, 0 as perimee,
            0 as retenue, 0 as ignorees
        from {{ lignes }}
        union all
        select ligne_source // 10000000000, 0, 0, 1, 0, 0 from {{ relation_du_flux('perimees', nom) }}
        union all
        select ligne_source // 10000000000, 0, 0, 0, 1, 0 from {{ this }}
        {{ "where source = 'TABLE'" if a_des_messages }}
        union all
        select rang, 0, 0, 0, 0, nb_ignorees
        from staging.stg_reference__fichiers
        where rang in (select rang from {{ relation_du_flux('sources', nom) }}) and flux = '{{ nom }}'
    )
    group by rang;

    drop view {{ lignes }};
    drop table {{ relation_du_flux('perimees', nom) }};
    drop table {{ relation_du_flux('sources', nom) }};
    select socle_oublier_lots('{{ nom }}')
{% endmacro %}

{#- Nothing can be read without the list of the establishments. -#}
{% macro verifier_la_liste_des_etablissements() %}
    {%- set fautes = run_query(
        "select fichier || ' ' || coalesce(erreur, case etat when 'COLONNE_MANQUANTE' then 'sans colonne ' || colonnes_manquantes"
        ~ " else 'avec deux colonnes du même nom' end)"
        ~ " from staging.stg_reference__fichiers where flux = 'reference/etablissements' and etat <> 'LU'"
    ).columns[0].values() -%}
    {%- if fautes -%}
        {{ exceptions.raise_compiler_error("Fichier " ~ fautes[0] ~ " : corrigez-le, rien ne peut être lu sans lui.") }}
    {%- endif -%}
{% endmacro %}

{#- « An EJ folder without a row here is an error that names it. » -#}
{% macro verifier_etablissements() %}
    {%- if not execute -%}{{ return('') }}{%- endif -%}
    {%- set inconnus = run_query(
        "select distinct finess_ej from staging.stg_reference__fichiers where regexp_full_match(finess_ej, '[0-9A-Za-z]{9}') except"
        ~ " select finess_ej from staging.stg_reference__etablissements order by all"
    ).columns[0].values() -%}
    {%- if inconnus -%}
        {{ exceptions.raise_compiler_error(
            "Dossier " ~ inconnus | join(', ') ~ " sans ligne dans etablissements.csv : ajoutez la ligne ou retirez le dossier."
        ) }}
    {%- endif -%}
{% endmacro %}
