-- One row per MDM, ORU, ZAM or ACK message of dpi/hl7: the document it carries, where it is sent, what is acknowledged.
-- pieces are the documents it carries, one an observation. rejet, doublon: as int_gam_messages.

with segmentes as (

    select
        * exclude (msh),
        {{ hl7_champs('msh') }} as msh,
        {{ hl7_champs(hl7_segment('PID')) }} as pid,
        {{ hl7_champs(hl7_segment('PV1')) }} as pv1,
        list_transform({{ hl7_segments('ORC') }}, lambda s: string_split(s, sep_champ)) as orc,
        {{ hl7_champs(hl7_segment('TXA')) }} as txa,
        {{ hl7_champs(hl7_segment('MSA')) }} as msa,
        {{ hl7_champs(hl7_segment('ERR')) }} as err,
        list_transform({{ hl7_segments('OBX') }}, lambda s: string_split(s, sep_champ)) as obx,
        list_transform({{ hl7_segments('PRT') }}, lambda s: string_split(s, sep_champ)) as prt
    from {{ messages_hl7(source('depot', 'dpi_hl7_messages'), ref('stg_reference__etablissements')) }}

),

champs as (

    select
        *,
        {{ hl7_entete() }},
        {{ hl7_identite() }},
        list_transform({{ hl7_repetitions('msh[21]') }}, lambda r: struct_pack(
            version := {{ hl7_composant('r', 1) }}, nom := {{ hl7_composant('r', 2) }}
        )) as profils,
        {{ hl7_valeur('pid[19]') }} as dossier,
        {{ hl7_valeur('pv1[3]') }} as classe,
        {{ hl7_valeur('pv1[20]') }} as numero_venue,
        list_transform(orc, lambda o: upper({{ hl7_valeur('o[2]') }})) as orcs_1,
        {{ hl7_valeur('txa[3]') }} as txa_2,
        {{ hl7_valeur('txa[5]') }} as txa_4,
        {{ hl7_identifiant('txa[13]') }} as txa_12,
        {{ hl7_identifiant('txa[14]') }} as txa_13,
        {{ hl7_valeur('msa[2]') }} as msa_1,
        {{ hl7_valeur('msa[3]') }} as msa_2,
        {{ hl7_valeur('err[4]') }} as err_3,
        {{ hl7_valeur('err[6]') }} as err_5,
        list_transform(obx, lambda o: struct_pack(
            genre := upper({{ hl7_valeur('o[3]') }}),
            code := {{ hl7_valeur('o[4]') }},
            libelle := {{ hl7_valeur('o[4]', 2) }},
            sous_id := {{ hl7_valeur('o[5]') }},
            valeur := {{ hl7_valeur('o[6]') }},
            element := {{ hl7_valeur('o[6]', 2) }},
            adresse := lower({{ hl7_valeur('o[6]', 4) }}),
            corps := {{ hl7_valeur('o[6]', 5) }},
            statut := upper({{ hl7_valeur('o[12]') }})
        )) as observations,
        list_transform(prt, lambda c: struct_pack(
            participation := {{ hl7_valeur('c[5]') }},
            personne := {{ hl7_professionnel('string_split(c[6], sep_repetition)[1]') }},
            organisation := {{ hl7_valeur('c[9]', 10) }},
            genre_organisation := {{ hl7_valeur('c[9]', 7) }},
            adresse := lower({{ hl7_valeur('c[16]', 4) }})
        )) as participations
    from segmentes

),

releves as (

    select
        champs.*,
        {{ hl7_instant('msh_7') }} as date_message,
        {{ hl7_instant_utc('msh_7') }} as debut_utc,
        {{ hl7_instant('txa_4') }} as date_activite,
        evenements.effet,
        -- « ORC-1 = SC » until the profile 2.1, and for biology ever since: OBX-11 alone tells the action.
        champs.type_message = 'ORU'
        or len(list_filter(profils, lambda p: p.nom = 'CISIS_CDA_HL7_V1' or starts_with(p.version, '2.0'))) > 0 as admet_sc,
        -- A message that comes from outside by MSSanté is no production.
        coalesce(list_contains(list_transform(profils, lambda p: p.nom), 'CISIS_CDA_HL7_LPS'), false)
        or len(list_filter(observations, lambda o: starts_with(o.libelle, 'XDM/'))) > 0 as entrant,
        -- « CORPSMAIL_* are also ED: not documents »
        list_transform(
            list_filter(observations, lambda o: o.genre = 'ED' and not starts_with(coalesce(o.code, ''), 'CORPSMAIL')),
            lambda o: struct_pack(
                code := o.code,
                operation_obx := case o.statut when 'F' then 'AJOUT' when 'C' then 'REMPLACEMENT' when 'D' then 'SUPPRESSION' end,
                cda := list_filter(corps, lambda e: e.numero = o.corps)[1]
            )
        ) as documents,
        {{ hl7_ins('identifiants') }} as ins
    from champs
    left join {{ ref('evenements_hl7') }} as evenements
        on
            champs.type_message = evenements.type_message
            and (champs.evenement = evenements.evenement or evenements.evenement is null)
            and champs.type_message in ('MDM', 'ORU', 'ZAM', 'ACK')

),

operations as (

    select
        *,
        case when effet in ('AJOUT', 'REMPLACEMENT', 'SUPPRESSION') then effet end as operation_evenement,
        list_transform(
            orcs_1, lambda o: case o when 'NW' then 'AJOUT' when 'RO' then 'REMPLACEMENT' when 'CA' then 'SUPPRESSION' end
        ) as operations_orc,
        list_filter(list_transform(documents, lambda o: o.operation_obx), lambda o: o is not null)[1] as operation_obx,
        effet in ('AJOUT', 'REMPLACEMENT', 'SUPPRESSION', 'DOCUMENT') as porte_document
    from releves

),

interpretes as (

    select
        *,
        -- The order of a report is the ORC of its group, that of the message when one ORC serves several OBR.
        list_transform(documents, lambda o: struct_pack(
            groupe := o.cda.groupe,
            code := coalesce(o.code, o.cda.type_code),
            operations := list_distinct(list_filter(
                [operation_evenement, operations_orc[greatest(least(o.cda.groupe, len(operations_orc)), 1)], o.operation_obx],
                lambda x: x is not null
            )),
            cda := o.cda
        )) as pieces,
        list_filter(
            observations, lambda o: o.code in ('DESTDMP', 'DESTMSSANTEPS', 'DESTMSSANTEPAT')
        ) as destinations
    from operations

),

juges as (

    select
        *,
        case
            {{ hl7_clauses_communes() }}
            when porte_document and entrant then null
            when porte_document and pid is null then 'SEGMENT_MANQUANT|PID'
            when type_message = 'MDM' and txa is null then 'SEGMENT_MANQUANT|TXA'
            when porte_document and len(obx) = 0 then 'SEGMENT_MANQUANT|OBX'
            when type_message = 'MDM' and len(documents) = 0 then 'SEGMENT_MANQUANT|OBX'
            -- Results without a document: nothing is transmitted to the services socles.
            when type_message = 'ORU' and len(documents) = 0 then null
            when
                porte_document
                and len(list_filter(orcs_1, lambda o: o not in ('NW', 'RO', 'CA') and not (o = 'SC' and admet_sc))) > 0
                then 'HORS_VALEURS|ORC-1'
            when porte_document and len(list_filter(pieces, lambda p: len(p.operations) > 1)) > 0 then 'COMBINAISON_INCOHERENTE|ORC-1'
            when
                porte_document
                and len(list_distinct(list_transform(pieces, lambda p: struct_pack(g := p.groupe, o := p.operations[1]))))
                > len(list_distinct(list_transform(pieces, lambda p: p.groupe)))
                then 'COMBINAISON_INCOHERENTE|OBX-11'
            when porte_document and len(list_filter(pieces, lambda p: len(p.operations) = 0)) > 0 then 'OBLIGATOIRE_VIDE|OBX-11'
            when type_message = 'MDM' and txa_4 is not null and date_activite is null then 'TYPE_ILLISIBLE|TXA-4'
            when type_message = 'MDM' and txa_2 is null then 'OBLIGATOIRE_VIDE|TXA-2'
            when
                porte_document and txa_2 is null and len(list_filter(pieces, lambda p: p.code is not null)) = 0
                then 'OBLIGATOIRE_VIDE|OBX-3'
            when
                type_message = 'MDM' and txa_12 is null and len(list_filter(pieces, lambda p: p.cda.document_id is not null)) = 0
                then 'OBLIGATOIRE_VIDE|TXA-12'
            -- « ORU: the document's id is only in the CDA »
            when
                porte_document and txa_12 is null and len(list_filter(pieces, lambda p: p.cda.document_id is not null)) = 0
                then 'CDA_ILLISIBLE|OBX-5'
            when
                porte_document and len(list_filter(destinations, lambda o: o.valeur is null or o.valeur not in ('Y', 'N'))) > 0
                then 'HORS_VALEURS|OBX-5'
            when effet like 'ACQUITTEMENT_%' and type_message = 'ZAM' and len(obx) = 0 then 'SEGMENT_MANQUANT|OBX'
            when type_message = 'ZAM' and len(obx) > 0 and observations[1].sous_id is null then 'OBLIGATOIRE_VIDE|OBX-4'
            when
                type_message = 'ZAM' and coalesce(observations[1].valeur, '') not in ('Y', 'N')
                then 'HORS_VALEURS|OBX-5'
            when type_message = 'ACK' and msa is null then 'SEGMENT_MANQUANT|MSA'
            when type_message = 'ACK' and msa_2 is null then 'OBLIGATOIRE_VIDE|MSA-2'
        end as rejet
    from interpretes

),

ordonnes as (

    select
        *,
        row_number() over (partition by finess_ej, empreinte order by ligne_source) > 1 as doublon,
        row_number() over (order by date_message, ligne_source) as ordre
    from juges

)

select
    finess_ej,
    ligne_source,
    ordonnes.ordre,
    message_id,
    type_message,
    evenement,
    effet,
    date_message,
    debut_utc,
    debut_utc + {{ hl7_precision('msh_7') }} as fin_utc,
    rejet,
    doublon,
    rejet is null and not doublon as retenu,
    rejet is null and not doublon and porte_document and not entrant and len(documents) > 0 as est_envoi,
    entrant,
    coalesce(emetteur_application, '') || '|' || coalesce(emetteur_organisation, '') as emetteur,
    coalesce(destinataire_application, '') || '|' || coalesce(destinataire_organisation, '') as destinataire,
    {{ hl7_ipp('identifiants') }} as ipp_message,
    cast(ins.numero as varchar) as ins_matricule,
    coalesce(ins.oid, espaces.ins_oid) as ins_oid,
    coalesce({{ hl7_est_validee('fiabilites') }}, false) as identite_validee,
    dossier,
    numero_venue,
    pieces,
    txa_2,
    txa_12,
    txa_13,
    date_activite,
    fuseau,
    list_filter(participations, lambda p: p.participation = 'SB')[1].organisation as auteur_finess,
    list_filter(participations, lambda p: p.participation = 'SB')[1].genre_organisation as auteur_genre,
    list_contains(list_transform(list_filter(destinations, lambda o: o.valeur = 'Y'), lambda o: o.code), 'DESTDMP') as vers_dmp,
    list_contains(
        list_transform(list_filter(destinations, lambda o: o.valeur = 'Y'), lambda o: o.code), 'DESTMSSANTEPS'
    ) as vers_mss_pro,
    list_contains(
        list_transform(list_filter(destinations, lambda o: o.valeur = 'Y'), lambda o: o.code), 'DESTMSSANTEPAT'
    ) as vers_mss_citoyenne,
    list_transform(
        list_filter(participations, lambda p: p.participation = 'RCT'),
        lambda p: struct_pack(
            canal := case
                when ends_with(p.adresse, '@patient.mssante.fr') then 'CITOYENNE'
                when regexp_matches(p.adresse, '[@.]mssante\.fr$') then 'PRO'
            end,
            adresse := p.adresse,
            correspondant_id := p.personne
        )
    ) as destinataires,
    -- Only version 1.2 of the profile names the documents of a submission set.
    nullif(array_to_string(list_sort(list_transform(
        list_filter(observations, lambda o: o.code = 'COMP_LOT'), lambda o: concat_ws('^', o.valeur, o.element)
    )), ' + '), '') as lot_id,
    coalesce(msa_2, case when type_message = 'ZAM' then observations[1].sous_id end) as acquitte_id,
    coalesce(observations[1].valeur = 'Y', false) as est_succes,
    msa_1 as acquittement,
    case when type_message = 'ACK' then err_3 else err_5 end as code_erreur,
    case when type_message = 'ZAM' then observations[2].adresse end as adresse_acquittee,
    case when type_message = 'ZAM' then {{ hl7_rpps('observations[2].sous_id') }} end as personne_acquittee
from ordonnes
left join {{ ref('oid_ins') }} as espaces
    on ordonnes.ins.espace = espaces.espace
