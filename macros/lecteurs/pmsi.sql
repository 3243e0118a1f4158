{#-
    Fixed-width PMSI files. recenser_pmsi loads the lines of every file of every « pmsi/<champ> » folder once, in memory,
    and gives each the format that it announces itself; juger_pmsi names what is wrong with the lines of one type of file
    and keeps, for each key, the line of the latest transmission; pmsi and zones_pmsi cut and type them.
    Seeds pmsi_versions, pmsi_positions and pmsi_zones say everything else: a new version is new rows.
-#}

{#- JJMMAAAA, a day that exists, 1900 to 2099. -#}
{% macro motif_jour_pmsi() -%}
(?:(?:(?:0[1-9]|1[0-9]|2[0-8])(?:0[1-9]|1[0-2])|(?:29|30)(?:0[13-9]|1[0-2])|31(?:0[13578]|1[02]))(?:19|20)[0-9]{2}|2902(?:19(?:0[48]|[2468][048]|[13579][26])|20(?:[02468][048]|[13579][26])))
{%- endmacro %}

{#- Regular expression of a field, none when any text will do; « literal X values are missing values ». -#}
{% macro motif_champ_pmsi(champ) -%}
    {%- set n = champ.longueur -%}
    {%- if champ.type == 'date' -%}
        {%- set jour = motif_jour_pmsi() -%}
        {{ return(jour if champ.obligatoire else '(?:' ~ jour ~ '| {8}|X{8})') }}
    {%- elif champ.type == 'compteur' -%}{{ return('[0-9]{' ~ n ~ '}') }}
    {%- elif champ.type in ('entier', 'montant') -%}
        {%- set formes = ['X{' ~ n ~ '}'] -%}
        {%- for blancs in range(n + 1) -%}
            {%- do formes.append(' {' ~ blancs ~ '}[0-9]{' ~ (n - blancs) ~ '}') -%}
            {%- if 0 < blancs < n -%}{%- do formes.append('[0-9]{' ~ (n - blancs) ~ '} {' ~ blancs ~ '}') -%}{%- endif -%}
        {%- endfor -%}
        {{ return('(?:' ~ formes | join('|') ~ ')') }}
    {%- elif champ.type == 'semaine' -%}{{ return('(?:0[1-9]|[1-4][0-9]|5[0-3])(?:19|20)[0-9]{2}') }}
    {%- elif champ.type == 'ccam' -%}{{ return('[A-Z]{4}[0-9]{3}') }}
    {%- elif champ.type == 'csarr' -%}{{ return('[A-Z]{3}[+][0-9]{3}') }}
    {%- elif champ.type == 'finess' and champ.obligatoire -%}{{ return('[0-9AB]{' ~ n ~ '}') }}
    {%- elif champ.type == 'cim10' and champ.obligatoire -%}{{ return('[A-Z][0-9].{' ~ (n - 2) ~ '}') }}
    {%- elif champ.obligatoire and n > 1 -%}{{ return('(?:[^ ].{' ~ (n - 1) ~ '}|.{' ~ (n - 1) ~ '}[^ ])') }}
    {%- elif champ.obligatoire -%}{{ return('[^ ]') }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{#- Regular expression of fields laid side by side from a column; columns without rule may hold anything. -#}
{% macro motif_champs_pmsi(champs, debut=1, longueur=none) -%}
    {%- set morceaux, etat = [], namespace(position=debut) -%}
    {%- for champ in champs | sort(attribute='debut') -%}
        {%- set motif = motif_champ_pmsi(champ) -%}
        {%- if motif -%}
            {%- if champ.debut > etat.position -%}{%- do morceaux.append('.{' ~ (champ.debut - etat.position) ~ '}') -%}{%- endif -%}
            {%- do morceaux.append(motif) -%}
            {%- set etat.position = champ.debut + champ.longueur -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if longueur and longueur >= etat.position -%}
        {%- do morceaux.append('.{' ~ (longueur + 1 - etat.position) ~ '}') -%}
    {%- endif -%}
    {{ return(morceaux | join('')) }}
{%- endmacro %}

{#-
    « greatest date or annee.mois in the file's name », a month being known at its end. The separators are doubled: two dates
    may share one.
-#}
{% macro date_du_nom_pmsi(nom) -%}
{%- set double, separateur = "regexp_replace(" ~ nom ~ ", '([^0-9])', '\\1\\1', 'g')", '(?:[.][.]|__|--)' -%}
{%- set jour = '(?:^|[^0-9])((?:19|20)[0-9]{2}' ~ separateur ~ '?[0-9]{2}' ~ separateur ~ '?[0-9]{2})(?:[0-9]{6})?(?:[^0-9]|$)' -%}
{%- set mois = '(?:^|[^0-9])((?:19|20)[0-9]{2}' ~ separateur ~ '(?:1[0-2]|0?[1-9]))(?:[^0-9]|$)' -%}
greatest(
                list_max(list_transform(
                    regexp_extract_all({{ double }}, '{{ jour }}', 1),
                    lambda jour: cast(try_strptime(regexp_replace(jour, '[^0-9]', '', 'g'), '%Y%m%d') as date)
                )),
                list_max(list_transform(
                    regexp_extract_all(regexp_replace({{ double }}, '{{ jour }}', '  ', 'g'), '{{ mois }}', 1),
                    lambda mois: last_day(cast(try_strptime(regexp_replace(mois, '[^0-9]+', '.'), '%Y.%m') as date))
                ))
            )
{%- endmacro %}

{#- « annee in its name »: four digits alone, that of a date left out. -#}
{% macro annee_du_nom_pmsi(nom) -%}
{%- set double = "regexp_replace(" ~ nom ~ ", '([^0-9])', '\\1\\1', 'g')" -%}
try_cast(nullif(regexp_extract(
            regexp_replace({{ double }}, '(?:19|20)[0-9]{2}(?:[.][.]|__|--)[0-9]{2}(?:[.][.]|__|--)[0-9]{2}', '  ', 'g'),
            '(?:^|[^0-9])((?:19|20)[0-9]{2})(?:[^0-9]|$)', 1
        ), '') as integer)
{%- endmacro %}

{#- A text whose order is that of its numbers, whatever its capitals: m9 before M10. -#}
{% macro cle_naturelle(texte) -%}
array_to_string(list_transform(
                regexp_extract_all(lower({{ texte }}), '[0-9]+|[^0-9]+'),
                lambda morceau: case
                    when regexp_matches(morceau, '^[0-9]') then repeat('0', 40 - length(ltrim(morceau, '0'))) || ltrim(morceau, '0') else morceau
                end
            ), '')
{%- endmacro %}

{% macro lignes_pmsi_en_memoire() -%}
    {{ return(run_query(
        "select count(*) > 0 from duckdb_tables() where database_name = 'tampon' and table_name = 'lignes'"
    ).rows[0][0]) }}
{%- endmacro %}

{#- The versions whose SQL is needed: those of the lines read, or all of them when there are none. -#}
{% macro formats_utiles(formats) -%}
    {{ return(formats | selectattr('present') | list or formats) }}
{%- endmacro %}

{#-
    The versions of a type of file, most specific recognition first, each with its fields and zones. They are worked out
    once, when the lines are judged.
-#}
{% macro formats_pmsi(fichier) %}
    {%- set resultat = [] -%}
    {%- set en_memoire = execute and lignes_pmsi_en_memoire() -%}
    {%- if en_memoire -%}
        {%- for ligne in run_query("select formats from tampon.formats where fichier = '" ~ fichier ~ "'").rows -%}
            {{ return(fromjson(ligne[0])) }}
        {%- endfor -%}
    {%- endif -%}
    {%- if execute -%}
        {%- set requete -%}
            with champs as (
                select
                    version,
                    list({
                        'nom': champ, 'debut': debut, 'longueur': longueur, 'type': type,
                        'obligatoire': coalesce(obligatoire = 'oui', false), 'cle': coalesce(cle = 'oui', false),
                        'necessaire': cle is not null or necessaire is not null or type = 'compteur',
                        'transmission': transmission
                    } order by debut) as champs
                from reference.pmsi_positions
                where fichier = '{{ fichier }}'
                group by version
            ),

            champs_des_zones as (
                select
                    version, ordre, zone, compteur, longueur_zone,
                    list({
                        'nom': champ, 'debut': debut, 'longueur': longueur, 'type': type,
                        'obligatoire': coalesce(obligatoire = 'oui', false),
                        'necessaire': necessaire is not null or type = 'compteur'
                    } order by debut) as champs
                from reference.pmsi_zones
                where fichier = '{{ fichier }}'
                group by all
            ),

            zones as (
                select
                    version,
                    list({'nom': zone, 'compteur': compteur, 'longueur': longueur_zone, 'champs': champs} order by ordre) as zones
                from champs_des_zones
                group by version
            )

            select
                to_json({
                    'rang': rang, 'version': version, 'longueur': longueur_fixe, 'champs': champs,
                    'zones': coalesce(zones, [])
                })
            from reference.pmsi_versions
            inner join champs using (version)
            left join zones using (version)
            where fichier = '{{ fichier }}'
            order by rang
        {%- endset -%}
        {%- for ligne in run_query(requete).rows -%}{%- do resultat.append(fromjson(ligne[0])) -%}{%- endfor -%}
        {%- set presents = [] -%}
        {%- if en_memoire -%}
            {%- do presents.extend(run_query('select distinct abs(format) from tampon.lignes').columns[0].values()) -%}
        {%- endif -%}
        {%- for format in resultat -%}
            {%- do format.update({'present': format.rang in presents}) -%}
            {#- Where each zone begins and how many times it is there, as SQL. -#}
            {%- set etat = namespace(debut=(format.longueur + 1) | string) -%}
            {%- for zone in format.zones -%}
                {%- set nombre = namespace(sql='1') -%}
                {%- for champ in format.champs if champ.nom == zone.compteur -%}
                    {%- set nombre.sql = 'try_cast(substr(texte, ' ~ champ.debut ~ ', ' ~ champ.longueur ~ ') as integer)' -%}
                {%- endfor -%}
                {%- for autre in format.zones -%}
                    {%- for champ in autre.champs if champ.nom == zone.compteur and autre.debut is defined -%}
                        {%- set nombre.sql = 'try_cast(substr(texte, ' ~ autre.debut ~ ' + ' ~ (champ.debut - 1) ~ ', ' ~ champ.longueur ~ ') as integer)' -%}
                    {%- endfor -%}
                {%- endfor -%}
                {%- do zone.update({'debut': etat.debut, 'nombre': nombre.sql}) -%}
                {%- set etat.debut = etat.debut ~ ' + ' ~ zone.longueur ~ ' * ' ~ nombre.sql -%}
            {%- endfor -%}
            {%- do format.update({'fin': etat.debut}) -%}
            {#- A zone is found from the nearer end of the line: fewer counters to read. -#}
            {%- if format.zones | map(attribute='compteur') | reject('in', format.champs | map(attribute='nom') | list) | list == [] -%}
                {%- set reste = namespace(sql='length(texte) + 1') -%}
                {%- for zone in format.zones | reverse -%}
                    {%- set reste.sql = reste.sql ~ ' - ' ~ zone.longueur ~ ' * ' ~ zone.nombre -%}
                    {%- if loop.index < format.zones | length - loop.index -%}{%- do zone.update({'debut': reste.sql}) -%}{%- endif -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if en_memoire -%}
            {%- do run_query("insert into tampon.formats values ('" ~ fichier ~ "', '" ~ tojson(resultat) | replace("'", "''") ~ "')") -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(resultat) }}
{% endmacro %}

{#- Types of files and the model that keeps their lines; the other models hold their repeated zones. -#}
{% macro fichiers_pmsi() -%}
    {{ return({
        'vidhosp': 'stg_pmsi__vidhosp', 'rss': 'stg_pmsi__rss_rum', 'rhs': 'stg_pmsi__rhs', 'rpss': 'stg_pmsi__rpss',
        'rps': 'stg_pmsi__rps', 'raa': 'stg_pmsi__raa', 'rsf': 'stg_pmsi__rsf', 'fichcomp': 'stg_pmsi__fichcomp',
        'ium': 'stg_pmsi__ium', 'hosp_pmsi': 'stg_pmsi__hosp_pmsi',
    }) }}
{%- endmacro %}

{#- 'stg_pmsi__rss_actes' -> 'rss': the type of file that a staging model reads. -#}
{% macro fichier_pmsi(modele) -%}
    {%- set resultat = namespace(fichier=none) -%}
    {%- for fichier in fichiers_pmsi() if (modele.name ~ '_').startswith('stg_pmsi__' ~ fichier ~ '_') -%}
        {%- set resultat.fichier = fichier -%}
    {%- endfor -%}
    {{ return(resultat.fichier) }}
{%- endmacro %}

{#- One SQL expression over the versions: a plain one when they agree. par_format: list of (rang, sql). -#}
{% macro selon_format(par_format) -%}
    {%- set groupes = {} -%}
    {%- for rang, sql in par_format -%}
        {%- do groupes.setdefault(sql, []).append(rang) -%}
    {%- endfor -%}
    {%- if groupes | length == 1 -%}
        {{ return(groupes.keys() | first) }}
    {%- endif -%}
    {%- set branches = [] -%}
    {%- for sql, rangs in groupes.items() -%}
        {%- do branches.append('when format in (' ~ rangs | join(', ') ~ ') then ' ~ sql) -%}
    {%- endfor -%}
    {{ return('case ' ~ branches | join(' ') ~ ' end') }}
{%- endmacro %}

{#- The text of a field as a value of its type; blanks and literal X are missing values. -#}
{% macro typer_pmsi(texte, type, longueur) -%}
    {%- if type == 'date' -%}cast(try_strptime({{ texte }}, '%d%m%Y') as date)
    {%- elif type in ('entier', 'compteur') -%}try_cast({{ texte }} as integer)
    {%- elif type == 'montant' -%}cast(try_cast({{ texte }} as integer) / 100 as decimal(10, 2))
    {%- elif type == 'identifiant' -%}nullif(regexp_replace(trim({{ texte }}), '^X+$', ''), '')
    {%- elif longueur == 1 -%}nullif({{ texte }}, ' ')
    {%- elif type in ('finess', 'semaine', 'ccam', 'csarr') -%}nullif({{ texte }}, '{{ ' ' * longueur }}')
    {%- else -%}nullif(trim({{ texte }}), '')
    {%- endif -%}
{%- endmacro %}

{#- The text of a field set to the left of its columns, which few texts need: two texts that differ by their blanks alone become equal. -#}
{% macro cadrer_pmsi(texte, longueur) -%}
    {{ return("case when starts_with(" ~ texte ~ ", ' ') then rpad(trim(" ~ texte ~ "), " ~ longueur ~ ", ' ') else " ~ texte ~ " end") }}
{%- endmacro %}

{#-
    The fields of a type of file over all its versions, in the order of the seed: nom, cle, typed SQL, and comparable, which
    is the same for the same key and cheaper.
-#}
{% macro champs_pmsi(formats) -%}
    {%- set par_nom, resultat = {}, [] -%}
    {%- for format in formats -%}
        {%- for champ in format.champs -%}{%- do par_nom.setdefault(champ.nom, {}).update({format.rang: champ}) -%}{%- endfor -%}
    {%- endfor -%}
    {%- set utiles = formats_utiles(formats) | map(attribute='rang') | list -%}
    {%- for nom, par_format in par_nom.items() -%}
        {%- set modele, longueur = par_format.values() | last, par_format.values() | map(attribute='longueur') | max -%}
        {%- set textes = [] -%}
        {%- for rang in utiles -%}
            {%- set champ = par_format.get(rang) -%}
            {%- do textes.append((rang, 'substr(texte, ' ~ champ.debut ~ ', ' ~ champ.longueur ~ ')' if champ else 'cast(null as varchar)')) -%}
        {%- endfor -%}
        {%- set texte = selon_format(textes) -%}
        {%- set sql = typer_pmsi(texte, modele.type, longueur) -%}
        {%- do resultat.append({
            'nom': nom, 'cle': modele.cle, 'transmission': modele.transmission, 'type': modele.type, 'sql': sql,
            'comparable': cadrer_pmsi(texte, longueur) if modele.type == 'texte' and texte.startswith('substr') else sql,
        }) -%}
    {%- endfor -%}
    {{ return(resultat) }}
{%- endmacro %}

{#-
    What the key of a type of file holds besides its fields: nothing in an RAA names the act, the whole line does; HOSP-PMSI
    has no FINESS but that of its file's name, and its RSS numbers come back every year as those of the RSS do.
-#}
{% macro debut_de_cle_pmsi(fichier) -%}
    {{ return(['finess_ej'] + {'hosp_pmsi': ['champ', 'finess_du_nom'], 'raa': ['texte']}.get(fichier, [])) }}
{%- endmacro %}

{% macro annee_de_cle_pmsi(fichier) -%}
    {{ return({'rss': 'annee', 'hosp_pmsi': "case when champ = 'MCO' then annee end"}.get(fichier)) }}
{%- endmacro %}

{#-
    « date: exit of the RUM, Monday of the week, end of the sequence, date of the invoice, exit of VID-HOSP, else its entry »:
    the first of the fields with a rank in the seed that is there. None for a type of file whose lines have no date.
-#}
{% macro jour_pmsi(champs) -%}
    {%- set jours = [] -%}
    {%- for champ in champs | selectattr('transmission') | sort(attribute='transmission') -%}
        {%- if champ.type == 'semaine' -%}
            {%- do jours.append(
                "cast(date_trunc('week', make_date(try_cast(substr(" ~ champ.sql ~ ", 3, 4) as integer), 1, 4)) as date) + 7 * (try_cast(substr("
                ~ champ.sql ~ ", 1, 2) as integer) - 1)") -%}
        {%- else -%}{%- do jours.append(champ.sql) -%}{%- endif -%}
    {%- endfor -%}
    {{ return('coalesce(' ~ jours | join(', ') ~ ', null)' if jours else none) }}
{%- endmacro %}

{#- « A line's length must equal fixed part + zones »: what a line of a version must satisfy. -#}
{% macro ligne_valide_pmsi(format) -%}
    {%- set conditions = ['length(texte) = ' ~ format.fin ~ ' - 1'] -%}
    {#- One expression for all the fields that have a rule, on the columns that hold them. -#}
    {%- set controles = [] -%}
    {%- for champ in format.champs if champ.type != 'texte' and motif_champ_pmsi(champ) -%}{%- do controles.append(champ) -%}{%- endfor -%}
    {%- if controles -%}
        {%- set debut = controles[0].debut -%}
        {%- set longueur = controles[-1].debut + controles[-1].longueur - debut -%}
        {%- do conditions.append(
            'regexp_full_match(substr(texte, ' ~ debut ~ ', ' ~ longueur ~ "), '" ~ motif_champs_pmsi(controles, debut) ~ "')") -%}
    {%- endif -%}
    {%- for champ in format.champs if champ.obligatoire and champ.type == 'texte' -%}
        {%- do conditions.append('substr(texte, ' ~ champ.debut ~ ', ' ~ champ.longueur ~ ") <> '" ~ ' ' * champ.longueur ~ "'") -%}
    {%- endfor -%}
    {#- Zones of one shape that follow each other are looked at together. -#}
    {%- set suites = [] -%}
    {%- for zone in format.zones -%}
        {%- set motif = motif_champs_pmsi(zone.champs, longueur=zone.longueur) -%}
        {%- set longueur = zone.longueur ~ ' * ' ~ zone.nombre -%}
        {%- if suites and suites[-1].motif == motif -%}
            {%- do suites[-1].update({'longueur': suites[-1].longueur ~ ' + ' ~ longueur}) -%}
        {%- else -%}
            {%- do suites.append({'debut': zone.debut, 'longueur': longueur, 'motif': motif}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for suite in suites -%}
        {%- do conditions.append(
            'regexp_full_match(substr(texte, ' ~ suite.debut ~ ', ' ~ suite.longueur ~ "), '(?:" ~ suite.motif ~ ")*')") -%}
    {%- endfor -%}
    {{ return('coalesce(' ~ conditions | join(' and ') ~ ', false)') }}
{%- endmacro %}

{#-
    The first thing wrong with a line of a version that its key, the dates of its stay, a model or its length needs, as
    « MOTIF|colonne|valeur »; nothing when it can be kept.
-#}
{% macro anomalie_pmsi(format) -%}
        case
            when length(texte) < {{ format.longueur }} then 'LONGUEUR_INVALIDE||' || length(texte)
            {%- for champ in format.champs if champ.type == 'compteur' %}
            when not regexp_full_match(substr(texte, {{ champ.debut }}, {{ champ.longueur }}), '[0-9]+')
                then 'ZONE_INVALIDE|{{ champ.nom }}|' || substr(texte, {{ champ.debut }}, {{ champ.longueur }})
            {%- endfor %}
            when length(texte) is distinct from {{ format.fin }} - 1 then 'LONGUEUR_INVALIDE||' || length(texte)
            {%- for champ in format.champs if champ.necessaire and motif_champ_pmsi(champ) and champ.type != 'texte' %}
            when not regexp_full_match(substr(texte, {{ champ.debut }}, {{ champ.longueur }}), '{{ motif_champ_pmsi(champ) }}')
                then '{{ 'DATE_INVALIDE' if champ.type == 'date' else 'ZONE_INVALIDE' }}|{{ champ.nom }}|' || substr(texte, {{ champ.debut }}, {{ champ.longueur }})
            {%- endfor %}
            {%- for champ in format.champs if champ.necessaire and champ.obligatoire and champ.type == 'texte' %}
            when substr(texte, {{ champ.debut }}, {{ champ.longueur }}) = '{{ ' ' * champ.longueur }}' then 'ZONE_INVALIDE|{{ champ.nom }}|'
            {%- endfor %}
            {%- for zone in format.zones %}
            {%- set contenu = 'substr(texte, ' ~ zone.debut ~ ', ' ~ zone.longueur ~ ' * ' ~ zone.nombre ~ ')' %}
            {%- for date_seule in [false, true] %}
            {%- set regles = [] %}
            {%- for champ in zone.champs if champ.necessaire and (champ.type == 'date') == date_seule %}{%- do regles.append(champ) %}{%- endfor %}
            {%- if motif_champs_pmsi(regles) %}
            when not regexp_full_match({{ contenu }}, '(?:{{ motif_champs_pmsi(regles, longueur=zone.longueur) }})*')
                then '{{ 'DATE_INVALIDE' if date_seule else 'ZONE_INVALIDE' }}|{{ zone.nom | lower }}|' || {{ contenu }}
            {%- endif %}
            {%- endfor %}
            {%- endfor %}
        end
{%- endmacro %}

{#- The fields that nothing needs and that have a rule: « an unreadable value is empty, and counted as an alert ». -#}
{% macro champs_sans_consequence(champs) -%}
    {%- set resultat = [] -%}
    {%- for champ in champs | sort(attribute='debut') if not champ.necessaire and motif_champ_pmsi(champ) -%}{%- do resultat.append(champ) -%}{%- endfor -%}
    {{ return(resultat) }}
{%- endmacro %}

{#- A text of so many columns, blank where such a field cannot be read. -#}
{% macro effacer_illisibles(texte, champs, longueur) -%}
    {%- set morceaux, etat = [], namespace(position=1) -%}
    {%- for champ in champs_sans_consequence(champs) -%}
        {%- set valeur = 'substr(' ~ texte ~ ', ' ~ champ.debut ~ ', ' ~ champ.longueur ~ ')' -%}
        {%- do morceaux.append('substr(' ~ texte ~ ', ' ~ etat.position ~ ', ' ~ (champ.debut - etat.position) ~ ')') -%}
        {%- do morceaux.append(
            'case when regexp_full_match(' ~ valeur ~ ", '" ~ motif_champ_pmsi(champ) ~ "') then " ~ valeur ~ " else '" ~ ' ' * champ.longueur ~ "' end") -%}
        {%- set etat.position = champ.debut + champ.longueur -%}
    {%- endfor -%}
    {%- do morceaux.append('substr(' ~ texte ~ ', ' ~ etat.position ~ ', ' ~ (longueur + 1 - etat.position) ~ ')') -%}
    {{ return(morceaux | join(' || ')) }}
{%- endmacro %}

{#- What is kept of a line of a version that only such fields spoil. -#}
{% macro ligne_lisible_pmsi(format) -%}
    {%- set morceaux = [effacer_illisibles('texte', format.champs, format.longueur)] -%}
    {%- for zone in format.zones -%}
        {%- set bout = 'substr(texte, ' ~ zone.debut ~ ' + ' ~ zone.longueur ~ ' * n, ' ~ zone.longueur ~ ')' -%}
        {%- do morceaux.append(
            'array_to_string(list_transform(range(' ~ zone.nombre ~ '), lambda n: ' ~ effacer_illisibles(bout, zone.champs, zone.longueur) ~ "), '')") -%}
    {%- endfor -%}
    {{ return(morceaux | join(' || ')) }}
{%- endmacro %}

{#- The fields of a line of a version that are emptied, with how many values each. -#}
{% macro valeurs_illisibles_pmsi(format) -%}
    {%- set comptes = [] -%}
    {%- for champ in champs_sans_consequence(format.champs) -%}
        {%- do comptes.append(
            "{'colonne': '" ~ champ.nom ~ "', 'nb': cast(not regexp_full_match(substr(texte, " ~ champ.debut ~ ', ' ~ champ.longueur ~ "), '"
            ~ motif_champ_pmsi(champ) ~ "') as bigint)}") -%}
    {%- endfor -%}
    {%- for zone in format.zones -%}
        {%- for champ in champs_sans_consequence(zone.champs) -%}
            {%- do comptes.append(
                "{'colonne': '" ~ zone.nom | lower ~ '.' ~ champ.nom ~ "', 'nb': len(list_filter(range(" ~ zone.nombre ~ '), lambda n: not regexp_full_match('
                ~ 'substr(texte, ' ~ zone.debut ~ ' + ' ~ (champ.debut - 1) ~ ' + ' ~ zone.longueur ~ ' * n, ' ~ champ.longueur ~ "), '" ~ motif_champ_pmsi(champ)
                ~ "')))}") -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return('list_filter(cast([' ~ comptes | join(', ') ~ "] as struct(colonne varchar, nb bigint)[]), lambda compte: compte.nb > 0)") }}
{%- endmacro %}

{#-
    Every line of every file, in memory, in the order of the transmissions, so that a line's row number in the table gives
    both its place in its file and its age. A blank line keeps its place, without format.
-#}
{% macro recenser_pmsi(deja_lues) %}
    {%- set fichiers = [] -%}
    {%- for f in run_query(
        "select flux, fichier from staging.stg_reference__fichiers where flux like 'pmsi/%' and etat = 'LU' and not " ~ deja_lues
        ~ " and not socle_intact(chemin, taille, modifie_le)"
    ).rows -%}
        {%- do ecarter(f[0], [f[1]]) -%}
    {%- endfor -%}
    {%- for f in run_query(
        "select rang, chemin_lecture from staging.stg_reference__fichiers where flux like 'pmsi/%' and etat = 'LU' and not "
        ~ deja_lues ~ " order by rang"
    ).rows -%}
        {%- do fichiers.append((f[0], f[1])) -%}
    {%- endfor -%}
    {%- set versions = run_query(
        "select rang, reconnaissance, longueur_fixe, pas, debut_version, split_part(version, '/', 1) as code from reference.pmsi_versions order by rang"
    ).rows -%}
    {%- set ressemblances = run_query(
        "select ressemblance, any_value(debut_version), any_value(length(split_part(version, '/', 1))) from reference.pmsi_versions"
        ~ " where ressemblance is not null group by ressemblance order by ressemblance"
    ).rows -%}
    create or replace table tampon.lignes as
    select
        cast(numero_fichier as integer) as numero_fichier,
        cast(case
            {%- for par_longueur in [true, false] %}
            {%- for v in versions if par_longueur or v[3] is not none %}
            when {{ "length(texte) = " ~ v[2] ~ " and " if par_longueur and v[3] == 0 }}
                {{- "(length(texte) - " ~ v[2] ~ ") % " ~ v[3] ~ " = 0 and " if par_longueur and v[3] }}
                {%- if v[4] %}substr(texte, {{ v[4] }}, {{ v[5] | length }}) = '{{ v[5] }}' and {% endif %}regexp_matches(texte, '{{ v[1] }}') then {{ v[0] }}
            {%- endfor %}
            {%- endfor %}
            when trim(texte) <> '' then 0
        end as smallint) as format,
        texte
    from (
        {%- if fichiers %}
        select file_index as numero_fichier, texte
        from {{ lire_texte(fichiers | map('last') | list) }}
        {%- else %}
        select null as numero_fichier, cast(null as varchar) as texte where false
        {%- endif %}
    );

    create or replace table tampon.inconnues as
    select
        numero_fichier,
        rowid as numero,
        substr(texte, 1, 60) as debut,
        -- « lines that look like a known type with a version that the seeds lack »
        case
            {%- for r in ressemblances %}
            when regexp_matches(texte, '{{ r[0] }}') then substr(texte, {{ r[1] }}, {{ r[2] }})
            {%- endfor %}
        end as version
    from tampon.lignes
    where format = 0;

    {#- The name of a member goes with that of its archive, which bears the year. #}
    {%- set nom = "regexp_extract(fichiers.fichier, '(?i)[^/]+[.]zip/.*$|[^/]+$')" %}
    create or replace table tampon.fichiers as
    select
        lues.numero_fichier,
        fichiers.rang,
        fichiers.flux,
        fichiers.finess_ej,
        upper(split_part(fichiers.flux, '/', 2)) as champ,
        fichiers.rang * 10000000000 + 1 - lues.premiere as decalage,
        fichiers.extrait_le,
        {{ annee_du_nom_pmsi(nom) }} as annee_du_nom,
        -- The name of a file may bear the number of the EJ, that of no site.
        nullif(nullif(
            regexp_extract({{ nom }}, '(?:^|[^0-9A-Za-z])([0-9][0-9AB][0-9]{7})(?:[^0-9A-Za-z]|$)', 1), ''
        ), fichiers.finess_ej) as finess_du_nom,
        lues.inconnu
    from staging.stg_reference__fichiers as fichiers
    inner join (
        select
            numero_fichier,
            min(rowid) as premiere,
            coalesce(max(format), 0) = 0
            and numero_fichier not in (select numero_fichier from tampon.inconnues where version is not null) as inconnu
        from tampon.lignes
        group by numero_fichier
    ) as lues
        on fichiers.rang = [{{ fichiers | map('first') | join(', ') }}][lues.numero_fichier + 1]
    where fichiers.flux like 'pmsi/%';

    {#- « A file whose lines are all of unknown type is reported whole. » -#}
    create or replace table staging.rejets_pmsi__fichiers as
    select
        fichiers.flux,
        inconnues.numero + fichiers.decalage as ligne_source,
        case when version is not null then 'version_format' end as colonne,
        coalesce(inconnues.version, inconnues.debut) as valeur,
        case when fichiers.inconnu then 'FICHIER_INCONNU' else 'VERSION_INCONNUE' end as motif
    from tampon.inconnues as inconnues
    inner join tampon.fichiers as fichiers using (numero_fichier)
    where
        not fichiers.inconnu
        or inconnues.numero in (select min(numero) from tampon.inconnues group by numero_fichier);

    create or replace table staging.alertes_pmsi__fichiers (flux varchar, rang bigint, ligne bigint, colonne varchar, motif varchar, nb bigint);

    {%- for modele in fichiers_pmsi().values() %}
    create or replace table staging.rejets_{{ modele | replace('stg_', '') }} as
    select flux, ligne_source, colonne, valeur, motif from staging.rejets_pmsi__fichiers where false;
    {%- endfor %}

    create or replace table staging.comptes_pmsi__fichiers as
    select fichiers.flux, rang, count(*) as nb_lues, count(*) as nb_rejetees, 0 as nb_remplacees, 0 as nb_retenues,
        0 as nb_ignorees
    from tampon.inconnues
    inner join tampon.fichiers as fichiers using (numero_fichier)
    group by all
{% endmacro %}

{#-
    What each file holds: one row per file, type and version; of the lines that are not read, no type, and a version when
    they look like a type that has others.
-#}
{% macro recensement_pmsi() -%}
{%- do ref('stg_reference__fichiers') -%}{%- do ref('stg_reference__etablissements') -%}
{%- do ref('pmsi_versions') -%}{%- do ref('pmsi_positions') -%}{%- do ref('pmsi_zones') -%}
(
    select
        fichiers.finess_ej,
        fichiers.flux,
        fichiers.rang,
        comptes.type_fichier,
        comptes.version,
        comptes.nb_lignes,
        comptes.nb_ecartees
    from (
        select
            numero_fichier, fichier as type_fichier, split_part(version, '/', 1) as version, count(*) as nb_lignes, count_if(format < 0) as nb_ecartees
        from tampon.lignes
        inner join {{ ref('pmsi_versions') }} as versions on abs(format) = versions.rang
        group by all

        union all

        select numero_fichier, null as type_fichier, version, count(*) as nb_lignes, 0 as nb_ecartees
        from tampon.inconnues
        group by all
    ) as comptes
    inner join tampon.fichiers as fichiers using (numero_fichier)
)
{%- endmacro %}

{#-
    Before each model of staging/pmsi. The lines are read and judged before the inventory of the files: the other models
    depend on it alone, and are built at once.
-#}
{% macro preparer_pmsi() %}
    {%- if not execute -%}{{ return('') }}{%- endif -%}
    {%- if model.name == 'stg_pmsi__fichiers' -%}
        {%- do run_query("attach if not exists ':memory:' as tampon") -%}
        {%- do run_query(
            "create or replace table tampon.construits (modele varchar); create or replace table tampon.formats (fichier varchar, formats varchar);"
            ~ " create or replace table tampon.annees (fichier varchar, numero_fichier integer, annee integer);"
            ~ " create or replace table tampon.partielles (numero_fichier integer);"
            ~ " create or replace table tampon.transmissions (numero_fichier integer, mode varchar, nb bigint)"
        ) -%}
        {%- set tables = tables_du_recensement_pmsi() + modeles_pmsi() | map(attribute='name') | list -%}
        {%- set garde = fromjson(run_query(
            "select socle_instantane('" ~ invocation_args_dict.project_dir | string | replace("'", "''") ~ "', " ~ fichiers_pour_le_cache("flux like 'pmsi/%'") ~ ", "
            ~ liste_sql(tables) ~ ")"
        ).rows[0][0]) -%}
        {%- do signaler_abimes('pmsi', garde.abimes) -%}
        {%- do run_query(
            "create or replace table tampon.instantane as select " ~ ("'" ~ garde.chemin | replace("'", "''") ~ "'" if garde.chemin else "null")
            ~ " as chemin, " ~ garde.complet ~ " as complet") -%}
        {%- do run_query(recenser_pmsi(garde.complet)) -%}
        {%- for flux, nombre in run_query(
            "select flux, cast(sum(nb_lignes) as bigint) from staging.stg_reference__fichiers where flux like 'pmsi/%' group by flux order by flux"
        ).rows -%}
            {%- do log(flux ~ " : " ~ nombre ~ " lignes, dont " ~ (nombre if garde.complet else 0) ~ " déjà lues", info=true) -%}
        {%- endfor -%}
        {%- set presents = run_query(
            "select distinct fichier from tampon.lignes inner join reference.pmsi_versions as versions on format = versions.rang"
        ).columns[0].values() -%}
        {%- for fichier in fichiers_pmsi() if fichier in presents -%}{%- do juger_pmsi(fichier) -%}{%- endfor -%}
        {%- do run_query(ranger_pmsi()) -%}
    {%- elif not lignes_pmsi_en_memoire() -%}
        {{ exceptions.raise_compiler_error("Les lignes des fichiers PMSI ne sont plus en mémoire : relancez aussi leur lecture (dbt build -s +" ~ model.name ~ ").") }}
    {%- endif -%}
{% endmacro %}

{#-
    The format of the lines of a type of file that are put aside, rejected or superseded, becomes negative; what cannot be
    read of the others, and nothing needs, becomes blank in their text: « empty, and counted as an alert ».
-#}
{% macro juger_pmsi(fichier) %}
    {%- set formats = formats_pmsi(fichier) -%}
    {%- set champs = champs_pmsi(formats) -%}
    {%- set cles, types = champs | selectattr('cle') | list, formats | map(attribute='rang') | list -%}
    {%- set validites = [] -%}
    {%- for format in formats_utiles(formats) -%}{%- do validites.append((format.rang, ligne_valide_pmsi(format))) -%}{%- endfor -%}
    {#- A date is looked at only where there is something to compare it with. -#}
    {%- set plusieurs, sans_annee = run_query(
        "select coalesce(max(nb), 0) > 1, coalesce(bool_or(sans_annee), false) from ("
        ~ "select count(distinct numero_fichier) as nb, bool_or(annee_du_nom is null) as sans_annee " ~ lignes_pmsi(types) ~ " group by finess_ej)"
    ).rows[0].values() -%}
    {%- set a_des_dates = jour_pmsi(champs) is not none -%}
    {%- set jour = jour_pmsi(champs) if plusieurs or (sans_annee and fichier == 'rss') else none -%}
    {%- set jugement -%}
        create or replace table tampon.jugees as
        select
            lignes.rowid as numero,
            numero_fichier,
            {{ selon_format(validites) }} as valide,
            hash({{ (debut_de_cle_pmsi(fichier) + cles | map(attribute='comparable') | list) | join(', ') }}) as condense
            {%- if jour %},
            hash(finess_ej{% for champ in champs if champ.nom == 'finess_pmsi' %}, {{ champ.sql }}{% endfor %}{{ ", champ" if fichier == 'vidhosp' }}) as groupe,
            {{ jour }} as jour
            {%- else %}, cast(null as ubigint) as groupe, cast(null as date) as jour{% endif %}
        {{ lignes_pmsi(types) }}
    {%- endset -%}
    {%- do run_query(jugement) -%}
    {%- if run_query('select count(*) > count_if(valide) from tampon.jugees').rows[0][0] -%}{%- do rejeter_pmsi(fichier, formats, types) -%}{%- endif -%}
    {%- set choix -%}
        insert into tampon.annees
        select '{{ fichier }}' as fichier, numero_fichier, coalesce(any_value(annee_du_nom), cast(max(year(jour)) as integer)) as annee
        from tampon.jugees
        inner join tampon.fichiers as fichiers using (numero_fichier)
        where valide
        group by numero_fichier;

        create or replace table tampon.valides as
        select
            numero, numero_fichier, groupe,
            case when jour between date '1900-01-01' and date '2099-12-31' then jour end as jour,
            {{ 'hash(condense, ' ~ annee_de_cle_pmsi(fichier) ~ ')' if annee_de_cle_pmsi(fichier) else 'condense' }} as cle
        from tampon.jugees
        {{ annees_pmsi(fichier) }}
        inner join tampon.fichiers as fichiers using (numero_fichier)
        where valide;

        drop table tampon.jugees
    {%- endset -%}
    {%- do run_query(choix) -%}
    {%- if plusieurs or run_query('select count(distinct cle) < count(*) from tampon.valides').rows[0][0] -%}
        {%- do remplacer_pmsi(fichier, champs, cles, types, a_des_dates and plusieurs) -%}
    {%- else -%}
        {%- do run_query('create or replace table tampon.remplacees (numero bigint, numero_fichier integer, par integer)') -%}
    {%- endif -%}
    {%- set bilan -%}
        update tampon.lignes set format = -format where rowid in (select numero from tampon.remplacees);

        insert into tampon.transmissions
        select
            numero_fichier,
            {{ "case when numero_fichier in (select numero_fichier from tampon.partielles) then 'PARTIEL' else 'CUMULATIF' end" if a_des_dates else "'PAR_CLE'" }} as mode,
            count(*) filter (where ailleurs) as nb
        from (
            select distinct numero_fichier, false as ailleurs from tampon.valides
            union all
            select par as numero_fichier, true as ailleurs from tampon.remplacees where numero_fichier <> par
        )
        group by numero_fichier;

        -- « an undated file that supersedes another, or is superseded, is an alert »
        insert into staging.alertes_pmsi__fichiers
        select fichiers.flux, fichiers.rang, null as ligne, null as colonne, 'FICHIER_SANS_DATE' as motif, count(*) as nb
        from (select unnest([numero_fichier, par]) as numero_fichier from tampon.remplacees where numero_fichier <> par)
        inner join tampon.fichiers as fichiers using (numero_fichier)
        where fichiers.extrait_le is null
        group by all;

        delete from tampon.partielles;
        drop table tampon.remplacees;
        drop table tampon.valides
    {%- endset -%}
    {%- do run_query(bilan) -%}
{% endmacro %}

{#- Rejects the lines that are not valid, or repairs them when only values that nothing needs cannot be read. -#}
{% macro rejeter_pmsi(fichier, formats, types) %}
    {%- set anomalies = [] -%}
    {%- set lisibles, illisibles = [], [] -%}
    {%- for format in formats_utiles(formats) -%}
        {%- do anomalies.append((format.rang, anomalie_pmsi(format))) -%}
        {%- do illisibles.append((format.rang, valeurs_illisibles_pmsi(format))) -%}
        {%- do lisibles.append((format.rang, ligne_lisible_pmsi(format))) -%}
    {%- endfor -%}
    {%- set mise_a_l_ecart -%}
    create or replace table tampon.douteuses as
    select flux, lignes.rowid as numero, lignes.rowid + decalage as ligne_source, {{ selon_format(anomalies) }} as anomalie
    {{ lignes_pmsi(types) }} and lignes.rowid in (select numero from tampon.jugees where not valide);

    insert into staging.rejets_{{ fichiers_pmsi()[fichier] | replace('stg_', '') }}
    select
        flux, ligne_source,
        nullif(split_part(anomalie, '|', 2), '') as colonne,
        nullif(substr(anomalie, 3 + length(split_part(anomalie, '|', 1)) + length(split_part(anomalie, '|', 2))), '') as valeur,
        split_part(anomalie, '|', 1) as motif
    from tampon.douteuses
    where anomalie is not null;

    update tampon.lignes set format = -format where rowid in (select numero from tampon.douteuses where anomalie is not null);

    create or replace table tampon.reparees as
    select flux, lignes.rowid as numero, lignes.rowid + decalage as ligne_source, {{ selon_format(illisibles) }} as illisibles, {{ selon_format(lisibles) }} as lisible
    {{ lignes_pmsi(types) }} and lignes.rowid in (select numero from tampon.douteuses where anomalie is null);

    insert into staging.alertes_pmsi__fichiers
    select flux, ligne_source // 10000000000, ligne_source % 10000000000, illisible.colonne, 'VALEUR_ILLISIBLE' as motif, illisible.nb
    from (select flux, ligne_source, unnest(illisibles) as illisible from tampon.reparees);

    update tampon.lignes set texte = reparees.lisible from tampon.reparees as reparees where lignes.rowid = reparees.numero;

    update tampon.jugees set valide = true where numero in (select numero from tampon.reparees);

    drop table tampon.douteuses;
    drop table tampon.reparees
    {%- endset -%}
    {%- do run_query(mise_a_l_ecart) -%}
{% endmacro %}

{#-
    « The lines of a later transmission replace those of the earlier ones whose date lies between its own earliest and latest
    dates »; « a file that holds less than half as many lines as it would replace is a partial one: its lines replace by key
    only ». The files are numbered in the order of the transmissions, and their lines too.
-#}
{% macro remplacer_pmsi(fichier, champs, cles, types, par_dates) %}
    {%- set colonnes = debut_de_cle_pmsi(fichier) + ([annee_de_cle_pmsi(fichier)] if annee_de_cle_pmsi(fichier) else []) -%}
    {%- set chaines -%}
        -- The lines of one key follow each other: each is replaced by the next.
        create or replace table tampon.chaines as
        with concurrentes as (
            select
                lignes.rowid as numero, numero_fichier
                {%- for colonne in colonnes %}, {{ colonne }} as cle_{{ loop.index }}{% endfor %}
                {%- for champ in cles %}, {{ champ.sql }} as {{ champ.nom }}{% endfor %},
                {#- A line may stand several times in a file of which nothing else makes the key. #}
                {{ 'row_number() over (partition by numero_fichier, texte order by lignes.rowid)' if not cles else '1' }} as occurrence
                {%- for champ in champs if fichier == 'vidhosp' and champ.nom == 'ipp' %}, {{ champ.sql }} as ipp{% endfor %}
            {{ lignes_pmsi(types, annees_pmsi(fichier)) }}
            and lignes.rowid in (
                select numero from tampon.valides where cle in (select cle from tampon.valides group by cle having count(*) > 1)
            )
        )

        select
            numero, lead(numero_fichier) over chaine as suivant, max(numero) over (chaine rows between unbounded preceding and unbounded following) as derniere
            {{- ", ipp" if fichier == 'vidhosp' }}
        from concurrentes
        window chaine as (
            partition by {% for colonne in colonnes %}cle_{{ loop.index }}, {% endfor %}{% for champ in cles %}{{ champ.nom }}, {% endfor %}occurrence
            order by numero
        );

        create or replace table tampon.fenetres as
        select
            groupe, numero_fichier, extrait_le, min(jour) as premier, max(jour) as dernier, count(*) as nb,
            row_number() over (partition by groupe order by numero_fichier) as ordre, true as cumulatif, cast([] as integer[]) as voisins
        from tampon.valides
        inner join tampon.fichiers as fichiers using (numero_fichier)
        group by groupe, numero_fichier, extrait_le;

        -- Files of one day that have no key in common are the parts of one transmission: that of each site, most often.
        update tampon.fenetres as fenetres
        set voisins = parts.voisins
        from (
            with du_meme_jour as (
                select groupe, numero_fichier, extrait_le
                from tampon.fenetres
                where {{ par_dates }} and extrait_le is not null
                qualify count(*) over (partition by groupe, extrait_le) > 1
            ),

            cles as (
                select distinct groupe, numero_fichier, cle from tampon.valides inner join du_meme_jour using (groupe, numero_fichier)
            ),

            parents as (
                select distinct avant.groupe, avant.numero_fichier, apres.numero_fichier as suivant
                from cles as avant
                inner join cles as apres using (groupe, cle)
                where avant.numero_fichier < apres.numero_fichier
            )

            select apres.groupe, apres.numero_fichier, list(avant.numero_fichier) as voisins
            from du_meme_jour as avant
            inner join du_meme_jour as apres using (groupe, extrait_le)
            left join parents
                on avant.groupe = parents.groupe and avant.numero_fichier = parents.numero_fichier and apres.numero_fichier = parents.suivant
            where avant.numero_fichier < apres.numero_fichier and parents.suivant is null
            group by apres.groupe, apres.numero_fichier
        ) as parts
        where fenetres.groupe = parts.groupe and fenetres.numero_fichier = parts.numero_fichier;

        create or replace table tampon.vivantes as
        select groupe, numero_fichier, jour, suivant, count(*) as nb
        from tampon.valides
        left join tampon.chaines using (numero)
        where {{ par_dates }}
        group by all
    {%- endset -%}
    {%- do run_query(chaines) -%}
    {%- set visees -%}
        vivantes.groupe = fenetres.groupe
        and vivantes.numero_fichier < fenetres.numero_fichier
        and vivantes.jour between fenetres.premier and fenetres.dernier
        and not list_contains(fenetres.voisins, vivantes.numero_fichier)
    {%- endset -%}
    {%- for ordre in range(2, 1 + run_query('select coalesce(max(ordre), 0) from tampon.fenetres').rows[0][0] if par_dates else 2) -%}
        {%- set transmission -%}
            update tampon.fenetres as fenetres
            set cumulatif = nb >= {{ var('pmsi_part_cumulative') }} * (
                select coalesce(sum(vivantes.nb), 0)
                from tampon.vivantes as vivantes
                where {{ visees }} and coalesce(vivantes.suivant >= fenetres.numero_fichier, true)
            )
            where ordre = {{ ordre }};

            delete from tampon.vivantes as vivantes
            using tampon.fenetres as fenetres
            where {{ visees }} and fenetres.ordre = {{ ordre }} and fenetres.cumulatif
        {%- endset -%}
        {%- do run_query(transmission) -%}
    {%- endfor -%}
    {%- set remplacement -%}
        create or replace table tampon.remplacees as
        select vivantes.numero, vivantes.numero_fichier, least(any_value(chaines.suivant), min(fenetres.numero_fichier)) as par
        from tampon.valides as vivantes
        left join tampon.chaines as chaines using (numero)
        left join tampon.fenetres as fenetres on {{ par_dates }} and fenetres.cumulatif and {{ visees }}
        group by vivantes.numero, vivantes.numero_fichier
        having par is not null;

        {%- if fichier == 'vidhosp' %}
        -- « VID-HOSP: the latest line that has an IPP tells it », whatever follows it.
        create or replace table tampon.rescapees as
        select max(numero) filter (where ipp is not null) as numero, derniere
        from tampon.chaines
        group by derniere
        having max(numero) filter (where ipp is not null) < derniere and derniere not in (select numero from tampon.remplacees);

        insert into tampon.remplacees
        select derniere as numero, dernieres.numero_fichier, gardees.numero_fichier as par
        from tampon.rescapees
        inner join tampon.valides as dernieres on derniere = dernieres.numero
        inner join tampon.valides as gardees on rescapees.numero = gardees.numero;

        delete from tampon.remplacees where numero in (select numero from tampon.rescapees);

        drop table tampon.rescapees;
        {%- endif %}

        insert into tampon.partielles select distinct numero_fichier from tampon.fenetres where not cumulatif;

        drop table tampon.chaines;
        drop table tampon.fenetres;
        drop table tampon.vivantes
    {%- endset -%}
    {%- do run_query(remplacement) -%}
{% endmacro %}

{#-
    For each number of zones that a kept line can hold, their ranks: a join with it repeats a line for half of what unnest
    costs.
-#}
{% macro ranger_pmsi() %}
    create or replace table tampon.rangs as
    select nombre, unnest(range(1, nombre + 1)) as ordre
    from (
        select cast(unnest(range(1, 1 + coalesce(max((lue - longueur_fixe) // longueur_zone), 0))) as integer) as nombre
        from (select format as rang, max(length(texte)) as lue from tampon.lignes where format > 0 group by format)
        inner join reference.pmsi_versions using (rang)
        inner join reference.pmsi_zones using (fichier, version)
    );

    create or replace table staging.transmissions_pmsi__fichiers as
    select flux, rang, string_agg(distinct mode, ', ' order by mode) as mode_transmission, cast(sum(nb) as bigint) as nb_lignes_remplacees
    from tampon.transmissions
    inner join tampon.fichiers as fichiers using (numero_fichier)
    group by flux, rang
{% endmacro %}

{#- What the reading of the lines writes beside stg_pmsi__fichiers. -#}
{% macro tables_du_recensement_pmsi() -%}
    {%- set tables = ['comptes_pmsi__fichiers', 'rejets_pmsi__fichiers', 'alertes_pmsi__fichiers', 'transmissions_pmsi__fichiers'] -%}
    {%- for modele in fichiers_pmsi().values() -%}{%- do tables.append('rejets_' ~ modele | replace('stg_', '')) -%}{%- endfor -%}
    {{ return(tables) }}
{%- endmacro %}

{#-
    After each model of staging/pmsi: its rows go to the cache or, when no file has changed, come from it: no line was read,
    the model is empty.
-#}
{% macro garder_pmsi() %}
    {%- if not execute -%}{{ return('') }}{%- endif -%}
    {%- set chemin, complet = run_query("select chemin, complet from tampon.instantane").rows[0].values() -%}
    {%- if not chemin -%}{{ return('') }}{%- endif -%}
    {%- for table in [model.name] + (tables_du_recensement_pmsi() if model.name == 'stg_pmsi__fichiers' else []) %}
    {%- set prefixe = chemin | replace("'", "''") ~ '/' ~ table %}
    {%- if complet %}
    insert into staging.{{ table }} select * from read_parquet('{{ chemin_sql(prefixe) }}.*.parquet');
    {%- else %}
    copy (select * from staging.{{ table }}) to '{{ prefixe }}.en_cours' ({{ options_parquet() }});
    select socle_ranger_table('{{ prefixe }}.en_cours');
    {%- endif %}
    {%- endfor %}
{% endmacro %}

{#- After the last model of staging/pmsi: the lines leave the memory. Of two models that end together, one drops them. -#}
{% macro liberer_pmsi() %}
    {%- if not execute -%}{{ return('') }}{%- endif -%}
    {%- do run_query("insert into tampon.construits values ('" ~ model.name ~ "')") -%}
    {%- set attendus = modeles_pmsi() | selectattr('unique_id', 'in', selected_resources) | list | length -%}
    {%- set nombre, dernier = run_query('select count(*), max_by(modele, rowid) from tampon.construits').rows[0].values() -%}
    {%- if nombre == attendus and dernier == model.name %}
    drop table if exists tampon.lignes
    {%- endif %}
{% endmacro %}

{#- The models of staging/pmsi, as the graph of the project holds them. -#}
{% macro modeles_pmsi() -%}
    {%- set resultat = [] -%}
    {%- for noeud in graph.nodes.values() if noeud.resource_type == 'model' and noeud.fqn[1:3] == ['staging', 'pmsi'] -%}
        {%- do resultat.append(noeud) -%}
    {%- endfor -%}
    {{ return(resultat) }}
{%- endmacro %}

{#- After the model that keeps the lines of a type of file: what became of the lines of each file. -#}
{% macro compter_pmsi() %}
    {%- set fichier = fichier_pmsi(model) -%}
    {%- if not execute or not fichier or fichiers_pmsi()[fichier] != model.name -%}{{ return('') }}{%- endif -%}
    {%- set suffixe = model.name | replace('stg_', '') -%}
    create or replace table staging.comptes_{{ suffixe }} as
    with lues as (
        select flux, rang, sum(nb_lignes) as nb, sum(nb_ecartees) as nb_ecartees
        from staging.stg_pmsi__fichiers
        where type_fichier = '{{ fichier }}'
        group by all
    ),

    rejetees as (
        select ligne_source // 10000000000 as rang, count(*) as nb
        from staging.rejets_{{ suffixe }}
        group by all
    ),

    retenues as (select ligne_source // 10000000000 as rang, count(*) as nb from {{ this }} group by all)

    select
        lues.flux, lues.rang, lues.nb as nb_lues, coalesce(rejetees.nb, 0) as nb_rejetees,
        lues.nb_ecartees - coalesce(rejetees.nb, 0) as nb_remplacees, coalesce(retenues.nb, 0) as nb_retenues,
        0 as nb_ignorees
    from lues
    left join rejetees using (rang)
    left join retenues using (rang)
{% endmacro %}

{#- The lines of some formats that have not been put aside, with what it takes to tell where they come from. -#}
{% macro lignes_pmsi(formats, jointure='') -%}
    from tampon.lignes as lignes
    inner join tampon.fichiers as fichiers using (numero_fichier)
    {{ jointure }}
    where format in ({{ formats | join(', ') }})
{%- endmacro %}

{#- The year of a file's transmission of a type of file: « annee in its name, else the year of its latest date ». -#}
{% macro annees_pmsi(fichier) -%}
    inner join (select numero_fichier, annee from tampon.annees where fichier = '{{ fichier }}') as annees using (numero_fichier)
{%- endmacro %}

{#- The kept lines of a type of file, cut and typed. -#}
{% macro pmsi() -%}
{%- set fichier = fichier_pmsi(model) -%}
{%- do ref('stg_pmsi__fichiers') -%}
{%- set formats = formats_pmsi(fichier) -%}
{%- set versions = [] -%}
{%- for format in formats_utiles(formats) -%}{%- do versions.append((format.rang, "'" ~ format.version.split('/')[0] ~ "'")) -%}{%- endfor -%}
(
    select
        fichiers.finess_ej,
        fichiers.champ,
        {{ selon_format(versions) }} as version_format,
        lignes.rowid + fichiers.decalage as ligne_source,
        annees.annee
        {%- if fichier == 'hosp_pmsi' %}, fichiers.finess_du_nom as finess_pmsi{% endif %}
        {%- for champ in champs_pmsi(formats) %},
        {{ champ.sql }} as {{ champ.nom }}
        {%- endfor %}
    {{ lignes_pmsi(formats | map(attribute='rang'), annees_pmsi(fichier)) }}
)
{%- endmacro %}

{#- The repeated zones of the kept lines, one row each. ligne_source, unique among the PMSI files, is their line: it says whose they are. -#}
{% macro zones_pmsi(zones) -%}
{%- set fichier = fichier_pmsi(model) -%}
{%- do ref('stg_pmsi__fichiers') -%}
{%- set formats = formats_pmsi(fichier) -%}
{%- set types = {} -%}
{%- for format in formats -%}
    {%- for zone in format.zones if zone.nom in zones -%}
        {%- for champ in zone.champs -%}
            {%- set longueur = [champ.longueur, types.get(champ.nom, champ).longueur] | max -%}
            {%- do types.update({champ.nom: {'type': champ.type, 'longueur': longueur}}) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endfor -%}
(
    {%- for nom in zones %}
    {%- set debuts, longueurs, nombres, textes, formats_de_la_zone = [], [], [], {}, [] %}
    {%- for format in formats if nom in format.zones | map(attribute='nom') %}{%- do formats_de_la_zone.append(format) %}{%- endfor %}
    {%- for format in formats_utiles(formats_de_la_zone) %}
    {%- for zone in format.zones if zone.nom == nom %}
    {%- do debuts.append((format.rang, zone.debut | replace(zone.nombre, 'nombre') if zone.nombre != '1' else zone.debut)) %}
    {%- do longueurs.append((format.rang, zone.longueur | string)) %}
    {%- do nombres.append((format.rang, zone.nombre)) %}
    {%- for champ in types %}
    {%- set trouves = zone.champs | selectattr('nom', 'equalto', champ) | list %}
    {%- do textes.setdefault(champ, []).append((
        format.rang,
        'substr(texte, debut + ' ~ (trouves[0].debut - 1) ~ ', ' ~ trouves[0].longueur ~ ')'
        if trouves else 'cast(null as varchar)'
    )) %}
    {%- endfor %}
    {%- endfor %}
    {%- endfor %}
    select
        {#- A name out of a closed list takes one byte a row. #}
        cast('{{ nom }}' as enum('{{ zones | join("', '") }}')) as zone, ordre, ligne_source
        {%- for champ in types %},
        {{ typer_pmsi(selon_format(textes[champ]), types[champ].type, types[champ].longueur) if champ in textes else 'null' }} as {{ champ }}
        {%- endfor %}
    from (
        select format, ligne_source, texte, ordre, {{ selon_format(debuts) }} + {{ selon_format(longueurs) }} * (ordre - 1) as debut
        from (
            select format, lignes.rowid + decalage as ligne_source, texte, {{ selon_format(nombres) }} as nombre
            {{ lignes_pmsi(debuts | map('first')) }}
        )
        inner join tampon.rangs using (nombre)
    )
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)
{%- endmacro %}

{#- What was read with a reservation, one row per file and line: flux, rang, ligne, colonne, motif, nb, message_id. -#}
{% macro alertes_du_pmsi() -%}
    {%- do ref('stg_pmsi__fichiers') -%}
    select flux, rang, ligne, colonne, motif, cast(sum(nb) as bigint) as nb, cast(null as string) as message_id
    from staging.alertes_pmsi__fichiers
    group by flux, rang, ligne, colonne, motif
{%- endmacro %}

{#- How each PMSI file was taken, and how many lines of others it replaces. -#}
{% macro transmissions_du_pmsi() -%}
    {%- do ref('stg_pmsi__fichiers') -%}
    select flux, rang, mode_transmission, nb_lignes_remplacees from staging.transmissions_pmsi__fichiers
{%- endmacro %}
