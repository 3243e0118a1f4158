{#-
    HL7 v2 messages. Python gives the messages of a flux as rows of segments (socle/lecture/hl7.py); everything that is a
    field, a repetition, a component or an escape sequence is read here, with the delimiters of each message.
    A row that goes through these macros has the columns of messages_hl7.
-#}

{#-
    The messages of a relation of the lake: finess_ej, ligne_source, anomalie, empreinte, corps, msh (the
    header), the five delimiters of MSH-1 and MSH-2 together and one by one (null when they cannot be delimiters), the
    segments and their noms. An escaped character stands in the segments as a private one, that hl7_texte turns into the
    character once the text is cut: an escaped delimiter cuts nothing.
-#}
{% macro messages_hl7(messages, etablissements) -%}
(
        select
            * exclude (segments),
            list_transform(segments, lambda s: left(s, 3)) as noms,
            coalesce(contains(array_to_string(segments[2:], ''), sep_echappement), false) as a_echappements,
            case
                when a_echappements then [msh] || list_transform(
                    segments[2:], lambda s: case when contains(s, sep_echappement) then {{ hl7_decoder('s') }} else s end
                )
                else segments
            end as segments
        from (
            select
                *,
                substr(delimiteurs, 1, 1) as sep_champ,
                substr(delimiteurs, 2, 1) as sep_composant,
                substr(delimiteurs, 3, 1) as sep_repetition,
                substr(delimiteurs, 4, 1) as sep_echappement,
                substr(delimiteurs, 5, 1) as sep_sous_composant
            from (
                select
                    lus.*,
                    coalesce(etablissements.fuseau, 'Europe/Paris') as fuseau,
                    segments[1] as msh,
                    -- Five different characters, none of them a letter, a digit or a blank, then the first one again.
                    case
                        when
                            regexp_matches(msh, '^MSH[^[:alnum:][:space:]]{5}')
                            and len(list_distinct(string_split(substr(msh, 4, 5), ''))) = 5
                            and position(substr(msh, 4, 1) in substr(msh, 5)) in (5, 6)
                            then substr(msh, 4, 5)
                    end as delimiteurs
                from {{ messages }} as lus
                left join {{ etablissements }} as etablissements using (finess_ej)
            )
        )
    )
{%- endmacro %}

{#- In the order of MSH-1 and MSH-2: \F\ \S\ \R\ \E\ \T\. -#}
{% macro hl7_prives() -%}
chr(57344) || chr(57345) || chr(57346) || chr(57347) || chr(57348)
{%- endmacro %}

{#-
    Escape sequences of a segment. \X..\ holds bytes, UTF-8 or else ISO-8859-1. Sequences of formatting are blanks. An
    escape character that opens no sequence is text.
-#}
{% macro hl7_decoder(segment) -%}
{%- set e = '\\x{E005}' -%}
array_to_string(list_transform(
                    regexp_extract_all(
                        translate({{ segment }}, sep_echappement, chr(57349)),
                        '{{ e }}(?:[FSRETHN]|X(?:[0-9A-Fa-f]{2})+|\.[^{{ e }}]*|[CMZ][0-9A-Za-z]*){{ e }}|[^{{ e }}]+|{{ e }}'
                    ),
                    lambda piece: case
                        when not starts_with(piece, chr(57349)) then piece
                        when length(piece) = 1 then chr(57347)
                        when piece[2] in ('F', 'S', 'R', 'E', 'T') then chr(cast(57343 + position(piece[2] in 'FSRET') as integer))
                        when piece[2] = 'X' then translate(
                            coalesce(
                                try(decode(unhex(substr(piece, 3, length(piece) - 3)))),
                                array_to_string(list_transform(
                                    regexp_extract_all(substr(piece, 3, length(piece) - 3), '..'),
                                    lambda h: chr(cast('0x' || h as integer))
                                ), '')
                            ),
                            delimiteurs, {{ hl7_prives() }}
                        )
                        when piece[2] in ('H', 'N') then ''
                        else ' '
                    end
                ), '')
{%- endmacro %}

{#- First segment of a name, all of them, and whether there are several. -#}
{% macro hl7_segment(nom) -%}
segments[list_position(noms, '{{ nom }}')]
{%- endmacro %}

{% macro hl7_segments(nom) -%}
list_filter(segments, lambda s: starts_with(s, '{{ nom }}'))
{%- endmacro %}

{% macro hl7_en_double(nom) -%}
list_position(noms[list_position(noms, '{{ nom }}') + 1:], '{{ nom }}') is not null
{%- endmacro %}

{#- Fields of a segment: field n is [n + 1], except for MSH whose field n is [n]. -#}
{% macro hl7_champs(segment) -%}
string_split({{ segment }}, sep_champ)
{%- endmacro %}

{% macro hl7_repetitions(champ) -%}
list_filter(string_split({{ champ }}, sep_repetition), lambda r: r <> '')
{%- endmacro %}

{#- Component of a value that holds no repetition, then its first sub-component or another; the text, decoded. -#}
{% macro hl7_composant(valeur, composant, sous_composant=1) -%}
{{ hl7_texte("string_split(string_split(" ~ valeur ~ ", sep_composant)[" ~ composant ~ "], sep_sous_composant)[" ~ sous_composant ~ "]") }}
{%- endmacro %}

{#- Component of the first repetition of a field. -#}
{% macro hl7_valeur(champ, composant=1, sous_composant=1) -%}
{{ hl7_composant("string_split(" ~ champ ~ ", sep_repetition)[1]", composant, sous_composant) }}
{%- endmacro %}

{#- A value once it is cut out; « "" » is an explicit absence. -#}
{% macro hl7_texte(texte) -%}
nullif(nullif(trim(case when a_echappements then translate({{ texte }}, {{ hl7_prives() }}, delimiteurs) else {{ texte }} end), ''), '""')
{%- endmacro %}

{#- AAAAMMJJ[HH[MM[SS[.s]]]][zone] as it is written, without its zone; null when it cannot be read, or its year is absurd. -#}
{% macro hl7_horloge(texte) -%}
case
            when regexp_full_match(
                {{ texte }},
                '(?:18[89]|19[0-9]|2[01][0-9])[0-9]{5}(?:[0-9]{2}){0,3}(?:\.[0-9]{1,6})?(?:Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)?'
            )
                then try_strptime(rpad(regexp_extract({{ texte }}, '^[0-9]+'), 14, '0'), '%Y%m%d%H%M%S')
        end
{%- endmacro %}

{% macro hl7_a_une_zone(texte) -%}
(contains({{ texte }}, '+') or contains({{ texte }}, '-') or contains({{ texte }}, 'Z'))
{%- endmacro %}

{#- What the zone of an instant is ahead of UTC. -#}
{% macro hl7_decalage(texte) -%}
to_minutes(cast(
                case when contains({{ texte }}, '-') then -1 else 1 end * (
                    60 * coalesce(try_cast(regexp_extract({{ texte }}, '[+-]([0-9]{2})', 1) as integer), 0)
                    + coalesce(try_cast(regexp_extract({{ texte }}, '[+-][0-9]{2}:?([0-9]{2})', 1) as integer), 0)
                ) as bigint
            ))
{%- endmacro %}

{#- « Instants with a zone become the clock of the establishment »; a day has none. -#}
{% macro hl7_instant(texte) -%}
case
            when {{ hl7_a_une_zone(texte) }} and regexp_matches({{ texte }}, '^[0-9]{10}')
                then timezone(fuseau, timezone('UTC', {{ hl7_horloge(texte) }} - {{ hl7_decalage(texte) }}))
            else {{ hl7_horloge(texte) }}
        end
{%- endmacro %}

{#- The same at UTC, to compare instants of several clocks; without a zone it is the clock of the establishment. -#}
{% macro hl7_instant_utc(texte) -%}
case
            when {{ hl7_a_une_zone(texte) }} then {{ hl7_horloge(texte) }} - {{ hl7_decalage(texte) }}
            else timezone('UTC', timezone(fuseau, {{ hl7_horloge(texte) }}))
        end
{%- endmacro %}

{#- How long an instant may last: a day, an hour, a minute, a second, by the digits that are written. -#}
{% macro hl7_precision(texte) -%}
case length(regexp_extract({{ texte }}, '^[0-9]+'))
            when 8 then interval 1 day
            when 10 then interval 1 hour
            when 12 then interval 1 minute
            else interval 1 second
        end
{%- endmacro %}

{#- CX, EI, XCN: « root » or « root^extension », as the header of a CDA is read. -#}
{% macro hl7_identifiant(champ) -%}
case
            when {{ hl7_valeur(champ, 3) }} is null then {{ hl7_valeur(champ, 1) }}
            else {{ hl7_valeur(champ, 3) }} || '^' || {{ hl7_valeur(champ, 1) }}
        end
{%- endmacro %}

{#- The RPPS of a national identifier of professional (type 8, then the RPPS). -#}
{% macro hl7_rpps(identifiant) -%}
case when regexp_full_match({{ identifiant }}, '8[0-9]{11}') then substr({{ identifiant }}, 2) else {{ identifiant }} end
{%- endmacro %}

{#-
    A professional, by the RPPS alone when it is one: « XCN-13 = RPPS ou IDNPS », else XCN-9 names the directory; a number
    that no one is said to give is national by its form.
-#}
{% macro hl7_professionnel(xcn) -%}
case
            when
                {{ hl7_composant(xcn, 13) }} in ('IDNPS', 'RPPS')
                or {{ hl7_composant(xcn, 13) }} is null
                and (
                    {{ hl7_composant(xcn, 9, 2) }} = '1.2.250.1.71.4.2.1'
                    or coalesce(replace({{ hl7_composant(xcn, 9) }}, ' ', ''), 'ASIP-SANTE-PS') = 'ASIP-SANTE-PS'
                )
                then {{ hl7_rpps(hl7_composant(xcn, 1)) }}
            else {{ hl7_composant(xcn, 1) }}
        end
{%- endmacro %}

{#- « PL-4.1 : FINESS du site »; many write it in PL-4.2, some after the type 1 of a national identifier of structure. -#}
{% macro hl7_finess(pl) -%}
right(list_filter(
            [{{ hl7_valeur(pl, 4) }}, {{ hl7_valeur(pl, 4, 2) }}], lambda f: regexp_full_match(f, '1?[0-9][0-9AB][0-9]{7}')
        )[1], 9)
{%- endmacro %}

{#- Clauses that reject a message whatever its type; each gives 'MOTIF|segment or field'. en_groupes: PID and MRG may be several. -#}
{% macro hl7_clauses_communes(en_groupes='false') -%}
when anomalie is not null then anomalie || '|MSH'
            when sep_champ is null then 'MESSAGE_ILLISIBLE|MSH-2'
            when type_message is null then 'OBLIGATOIRE_VIDE|MSH-9'
            when message_id is null then 'OBLIGATOIRE_VIDE|MSH-10'
            when msh_7 is not null and date_message is null then 'TYPE_ILLISIBLE|MSH-7'
            when date_message is null then 'OBLIGATOIRE_VIDE|MSH-7'
            {%- for nom in ['MSH', 'EVN', 'PID', 'PV1', 'ZBE', 'TXA', 'MSA', 'MRG'] %}
            when {{ hl7_en_double(nom) }}{{ ' and not ' ~ en_groupes if nom in ['PID', 'MRG'] }} then 'SEGMENT_EN_DOUBLE|{{ nom }}'
            {%- endfor %}
            when effet is null then 'TYPE_NON_TRAITE|MSH-9'
{%- endmacro %}

{#- What every message says of itself: header, patient, venue; from the columns of delimites. -#}
{% macro hl7_entete() -%}
        {{ hl7_valeur('msh[3]') }} as emetteur_application,
        {{ hl7_valeur('msh[4]') }} as emetteur_organisation,
        {{ hl7_valeur('msh[5]') }} as destinataire_application,
        {{ hl7_valeur('msh[6]') }} as destinataire_organisation,
        {{ hl7_valeur('msh[7]') }} as msh_7,
        {{ hl7_valeur('msh[9]') }} as type_message,
        {{ hl7_valeur('msh[9]', 2) }} as evenement,
        {{ hl7_valeur('msh[10]') }} as message_id
{%- endmacro %}

{#- The identifiers of PID-3: IPP, INS (a NIR before a NIA), and the status of the identity in PID-32. -#}
{% macro hl7_identite() -%}
        list_filter(
            list_transform({{ hl7_repetitions('pid[4]') }}, lambda cx: struct_pack(
                numero := {{ hl7_composant('cx', 1) }}, espace := {{ hl7_composant('cx', 4) }},
                oid := {{ hl7_composant('cx', 4, 2) }}, genre := {{ hl7_composant('cx', 5) }}
            )),
            lambda cx: cx.numero is not null
        ) as identifiants,
        list_transform({{ hl7_repetitions('pid[33]') }}, lambda r: upper({{ hl7_composant('r', 1) }})) as fiabilites
{%- endmacro %}

{#- « PID-32 = VALI »: a repetition that says the identity is not validated contradicts it, an attribute does not. -#}
{% macro hl7_est_validee(fiabilites) -%}
(list_contains({{ fiabilites }}, 'VALI') and not list_has_any({{ fiabilites }}, ['PROV', 'VIDE', 'INVA']))
{%- endmacro %}

{% macro hl7_ipp(identifiants) -%}
coalesce(
            list_filter({{ identifiants }}, lambda cx: cx.genre = 'PI')[1].numero,
            list_filter({{ identifiants }}, lambda cx: cx.genre is null)[1].numero
        )
{%- endmacro %}

{#- All of them, where several identities are named. -#}
{% macro hl7_ipps(identifiants) -%}
list_transform(list_filter(
                {{ identifiants }},
                lambda cx: cx.genre = 'PI' or cx.genre is null and not list_contains(list_transform({{ identifiants }}, lambda c: c.genre), 'PI')
            ), lambda cx: cx.numero)
{%- endmacro %}

{#- OIDs that stand for an INS in this build, the preferred first: those of test only when the variable says so. -#}
{% macro oid_ins() %}
    {%- set resultat = [] -%}
    {%- set autorites = ref('oid_ins') -%}
    {%- if execute -%}
        {%- for ligne in run_query(
            "select ins_oid, espace from " ~ autorites ~ " where domaine = 'PRODUCTION'"
            ~ (" or domaine = 'TEST'" if var('ins_de_test') else "") ~ " order by ordre"
        ).rows -%}
            {%- do resultat.append({'oid': ligne[0], 'espace': ligne[1]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(resultat) }}
{% endmacro %}

{#- « CX.5 = INS », 15 characters, an admitted authority: the one test of an INS. -#}
{% macro hl7_ins(identifiants) -%}
    {%- set candidats -%}
list_filter({{ identifiants }}, lambda cx: cx.genre = 'INS' and regexp_full_match(cx.numero, '[0-9A-Z]{15}'))
    {%- endset -%}
coalesce(
            {%- for ins in oid_ins() %}
            list_filter({{ candidats }}, lambda cx: cx.oid = '{{ ins.oid }}'
                {%- if ins.espace %} or cx.oid is null and cx.espace = '{{ ins.espace }}'{% endif %})[1],
            {%- endfor %}
            cast(null as struct(numero varchar, espace varchar, oid varchar, genre varchar))
        )
{%- endmacro %}

{#-
    What each value becomes when links are followed to their end, within an establishment; one link a value.
    A circle has no end: it stops where it comes back. Columns: finess_ej, depart, racine, profondeur.
-#}
{% macro hl7_chaine(liens, de, vers) -%}
(
        with recursive chemins as (
            select finess_ej, {{ de }} as depart, {{ vers }} as racine, 1 as profondeur, [{{ de }}, {{ vers }}] as vus
            from {{ liens }}
            union all
            select
                chemins.finess_ej, chemins.depart, liens.{{ vers }}, chemins.profondeur + 1, list_append(chemins.vus, liens.{{ vers }})
            from chemins
            inner join {{ liens }} as liens
                on chemins.finess_ej = liens.finess_ej and chemins.racine = liens.{{ de }}
            where not list_contains(chemins.vus, liens.{{ vers }})
        )

        select finess_ej, depart, max_by(racine, profondeur) as racine, max(profondeur) as profondeur
        from chemins
        group by finess_ej, depart
    )
{%- endmacro %}

