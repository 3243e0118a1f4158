-- One row per ADT message of gam/hl7 (IHE PAM France): what it says of the patient, the venue and the movement.
-- rejet names why a message is not taken, doublon that the very same message came before.

with segmentes as (

    select
        * exclude (msh),
        {{ hl7_champs('msh') }} as msh,
        {{ hl7_champs(hl7_segment('EVN')) }} as evn,
        {{ hl7_champs(hl7_segment('PID')) }} as pid,
        {{ hl7_champs(hl7_segment('PV1')) }} as pv1,
        {{ hl7_champs(hl7_segment('ZBE')) }} as zbe,
        {{ hl7_champs(hl7_segment('ZFA')) }} as zfa,
        {{ hl7_champs(hl7_segment('ZFM')) }} as zfm,
        {{ hl7_champs(hl7_segment('MRG')) }} as mrg,
        -- « A40: { PID MRG } », each group a merge; several MRG of one PID are as many absorbed identities.
        {{ hl7_en_double('MRG') }} and len(list_filter(noms, lambda n: n = 'PID')) in (1, len(list_filter(noms, lambda n: n = 'MRG')))
        as a_des_groupes,
        list_transform({{ hl7_segments('PID') }}, lambda s: string_split(s, sep_champ)) as pids,
        list_transform({{ hl7_segments('MRG') }}, lambda s: string_split(s, sep_champ)) as mrgs
    from {{ messages_hl7(source('depot', 'gam_hl7_messages'), ref('stg_reference__etablissements')) }}

),

champs as (

    select
        *,
        {{ hl7_entete() }},
        {{ hl7_identite() }},
        {{ hl7_valeur('evn[3]') }} as evn_2,
        {{ hl7_valeur('evn[7]') }} as evn_6,
        {{ hl7_valeur('pid[8]') }} as pid_7,
        {{ hl7_valeur('pid[9]') }} as pid_8,
        {{ hl7_valeur('pid[19]') }} as dossier,
        {{ hl7_valeur('pv1[3]') }} as classe,
        {{ hl7_valeur('pv1[4]') }} as uf_hebergement,
        {{ hl7_finess('pv1[4]') }} as etablissement,
        {{ hl7_valeur('pv1[5]') }} as nature_prestation,
        {{ hl7_valeur('pv1[11]') }} as discipline,
        {{ hl7_valeur('pv1[20]') }} as numero_venue,
        {{ hl7_valeur('pv1[22]') }} as mode_traitement,
        {{ hl7_valeur('pv1[45]') }} as pv1_44,
        {{ hl7_valeur('pv1[46]') }} as pv1_45,
        {{ hl7_valeur('zbe[2]') }} as mouvement_numero,
        coalesce({{ hl7_valeur('zbe[2]', 3) }}, {{ hl7_valeur('zbe[2]', 2) }}, '') as mouvement_domaine,
        {{ hl7_valeur('zbe[3]') }} as zbe_2,
        upper({{ hl7_valeur('zbe[5]') }}) as action,
        {{ hl7_valeur('zbe[6]') }} as zbe_5,
        {{ hl7_valeur('zbe[7]') }} as evenement_origine,
        coalesce({{ hl7_valeur('zbe[8]', 10) }}, {{ hl7_valeur('zbe[9]', 10) }}) as uf_responsable,
        upper({{ hl7_valeur('zbe[10]') }}) as nature_mouvement,
        {{ hl7_valeur('zfm[3]') }} as mode_pmsi,
        {{ hl7_valeur('zfa[2]') }} as zfa_1,
        {{ hl7_valeur('zfa[3]') }} as zfa_2,
        {{ hl7_valeur('zfa[10]') }} as zfa_9,
        {{ hl7_valeur('zfa[11]') }} as zfa_10,
        {{ hl7_valeur('zfa[12]') }} as zfa_11,
        {{ hl7_valeur('zfa[13]') }} as zfa_12,
        {{ hl7_valeur('mrg[4]') }} as dossier_quitte,
        {{ hl7_valeur('mrg[6]') }} as venue_quittee,
        list_transform(mrgs, lambda m: list_filter(
            list_transform({{ hl7_repetitions('m[2]') }}, lambda cx: struct_pack(
                numero := {{ hl7_composant('cx', 1) }}, genre := {{ hl7_composant('cx', 5) }}
            )),
            lambda cx: cx.numero is not null
        )) as identifiants_absorbes,
        case
            when a_des_groupes then list_transform(pids, lambda p: list_filter(
                list_transform({{ hl7_repetitions('p[4]') }}, lambda cx: struct_pack(
                    numero := {{ hl7_composant('cx', 1) }}, genre := {{ hl7_composant('cx', 5) }}
                )),
                lambda cx: cx.numero is not null
            ))
        end as identifiants_conserves,
        list_filter(
            list_transform(
                list_filter({{ hl7_segments('ROL') }}, lambda s: {{ hl7_valeur(hl7_champs('s') ~ '[3]') }} is distinct from 'DE'),
                lambda s: struct_pack(
                    code_role := {{ hl7_valeur(hl7_champs('s') ~ '[4]') }},
                    correspondant_id := {{ hl7_professionnel('string_split(' ~ hl7_champs('s') ~ '[5], sep_repetition)[1]') }}
                )
            ),
            lambda r: r.correspondant_id is not null
        ) as intervenants,
        list_contains(noms, 'ROL') as a_des_intervenants,
        list_contains(noms, 'ZFS') as psychiatrie
    from segmentes

),

lus as (

    select
        champs.*,
        coalesce({{ hl7_instant('msh_7') }}, case when msh_7 is null then {{ hl7_instant('evn_2') }} end) as date_message,
        {{ hl7_instant('evn_6') }} as date_evenement,
        cast({{ hl7_horloge("left(pid_7, 8)") }} as date) as date_naissance,
        {{ hl7_instant('pv1_44') }} as date_admission,
        {{ hl7_instant('pv1_45') }} as date_fin,
        {{ hl7_instant('zbe_2') }} as date_zbe,
        {{ hl7_ipp('identifiants') }} as ipp_message,
        flatten(list_transform(identifiants_absorbes, lambda absorbes, rang: list_transform(
            {{ hl7_ipps('absorbes') }},
            lambda ipp: struct_pack(
                ipp_absorbe := ipp,
                ipp_conserve := case
                    when len(identifiants_conserves) > 1 then {{ hl7_ipp('identifiants_conserves[rang]') }}
                    else {{ hl7_ipp('identifiants') }}
                end
            )
        ))) as absorptions,
        -- « A47 : changement ou retrait de l'INS »
        coalesce(
            len(list_filter(flatten(identifiants_absorbes), lambda cx: cx.genre = 'INS')) > 0
            or contains(pid[4], '""^') and len(list_filter(
                {{ hl7_repetitions('pid[4]') }},
                lambda cx: string_split(cx, sep_composant)[1] = '""' and {{ hl7_composant('cx', 5) }} = 'INS'
            )) > 0,
            false
        ) as retire_un_ins,
        {{ hl7_ins('identifiants') }} as ins,
        coalesce(numero_venue, dossier) as iep,
        evenements.effet,
        evenements.evenement_annule
    from champs
    left join {{ ref('evenements_hl7') }} as evenements
        on
            champs.type_message = evenements.type_message
            and (champs.evenement = evenements.evenement or evenements.evenement is null)
            and champs.type_message in ('ADT', 'ACK')

),

juges as (

    select
        *,
        effet in (
            'ENTREE', 'PREADMISSION', 'MUTATION', 'CLASSE', 'ABSENCE', 'MEDECIN', 'SORTIE', 'ANNULATION', 'CORRECTION'
        ) as porte_mouvement,
        case
            {{ hl7_clauses_communes("(coalesce(effet, '') = 'FUSION' and a_des_groupes)") }}
            when type_message = 'ACK' then null
            when pid is null then 'SEGMENT_MANQUANT|PID'
            when ipp_message is null then 'OBLIGATOIRE_VIDE|PID-3'
            when effet in ('IDENTITE', 'IDENTIFIANT', 'FUSION') and pid_7 is null then 'OBLIGATOIRE_VIDE|PID-7'
            when effet in ('FUSION', 'DEPLACEMENT') and mrg is null then 'SEGMENT_MANQUANT|MRG'
            when effet = 'FUSION' and coalesce(len(absorptions), 0) = 0 then 'OBLIGATOIRE_VIDE|MRG-1'
            when effet = 'DEPLACEMENT' and coalesce(iep, dossier_quitte, venue_quittee) is null then 'OBLIGATOIRE_VIDE|PID-18'
            when porte_mouvement and pv1 is null then 'SEGMENT_MANQUANT|PV1'
            when porte_mouvement and iep is null then 'OBLIGATOIRE_VIDE|PV1-19'
            when porte_mouvement and classe is null then 'OBLIGATOIRE_VIDE|PV1-2'
            when porte_mouvement and classe not in ('E', 'I', 'O', 'R', 'V', 'N') then 'HORS_VALEURS|PV1-2'
            when effet = 'CORRECTION' and zbe is null then 'SEGMENT_MANQUANT|ZBE'
            -- A sender that fills the forbidden ZBE-3 shifts all that follows: ZBE-2 is then not sure either.
            when
                zbe is not null and coalesce(action, '') not in ('INSERT', 'UPDATE', 'CANCEL')
                and zbe_5 in ('INSERT', 'UPDATE', 'CANCEL') then 'COMBINAISON_INCOHERENTE|ZBE-4'
            when zbe is not null and mouvement_numero is null then 'OBLIGATOIRE_VIDE|ZBE-1'
            when zbe is not null and zbe_2 is null then 'OBLIGATOIRE_VIDE|ZBE-2'
            when zbe is not null and date_zbe is null then 'TYPE_ILLISIBLE|ZBE-2'
            when zbe is not null and action is null then 'OBLIGATOIRE_VIDE|ZBE-4'
            when action not in ('INSERT', 'UPDATE', 'CANCEL') then 'HORS_VALEURS|ZBE-4'
            when pv1_44 is not null and date_admission is null then 'TYPE_ILLISIBLE|PV1-44'
            when pv1_45 is not null and date_fin is null then 'TYPE_ILLISIBLE|PV1-45'
            when zfa_1 not in ('ACTIF', 'FERME', 'INEXISTANT') then 'HORS_VALEURS|ZFA-1'
            when zfa_2 is not null and {{ hl7_instant('zfa_2') }} is null then 'TYPE_ILLISIBLE|ZFA-2'
            when zfa_9 not in ('NA', 'IO', 'INO') then 'HORS_VALEURS|ZFA-9'
            when zfa_10 is not null and {{ hl7_instant('zfa_10') }} is null then 'TYPE_ILLISIBLE|ZFA-10'
            when zfa_11 not in ('NA', 'INC', 'IC') then 'HORS_VALEURS|ZFA-11'
            when zfa_12 is not null and {{ hl7_instant('zfa_12') }} is null then 'TYPE_ILLISIBLE|ZFA-12'
        end as rejet
    from lus

),

ordonnes as (

    select
        *,
        row_number() over (partition by finess_ej, empreinte order by ligne_source) > 1 as doublon,
        row_number() over (order by date_message, ligne_source) as ordre
    from juges

)

select
    ordonnes.finess_ej,
    ordonnes.ligne_source,
    ordonnes.ordre,
    ordonnes.message_id,
    ordonnes.type_message,
    ordonnes.evenement,
    ordonnes.effet,
    ordonnes.evenement_annule,
    ordonnes.date_message,
    ordonnes.rejet,
    ordonnes.doublon,
    ordonnes.rejet is null and not ordonnes.doublon as retenu,
    ordonnes.ipp_message,
    case
        when ordonnes.effet in ('FUSION', 'IDENTIFIANT')
            then list_filter(ordonnes.absorptions, lambda a: a.ipp_absorbe <> a.ipp_conserve)
    end as absorptions,
    cast(ordonnes.ins.numero as varchar) as ins_matricule,
    coalesce(ordonnes.ins.oid, espaces.ins_oid) as ins_oid,
    ordonnes.fiabilites,
    ordonnes.date_naissance,
    ordonnes.retire_un_ins,
    coalesce(ordonnes.pid_7 is not null and ordonnes.date_naissance is null, false) as naissance_illisible,
    ordonnes.pid_8 as sexe,
    case when coalesce(ordonnes.classe, '') <> 'N' then ordonnes.iep end as iep,
    ordonnes.numero_venue is null as est_sans_numero_de_venue,
    ordonnes.dossier,
    -- A44 moves a dossier, A45 a venue, under its number or the one it had; what the message does not number is the other.
    case
        when ordonnes.effet = 'DEPLACEMENT'
            and (ordonnes.evenement = 'A45' or coalesce(ordonnes.dossier, ordonnes.dossier_quitte) is null)
            and coalesce(ordonnes.numero_venue, ordonnes.venue_quittee) is not null
            then list_distinct([ordonnes.numero_venue, ordonnes.venue_quittee])
        when ordonnes.effet = 'DEPLACEMENT' then list_distinct([ordonnes.dossier, ordonnes.dossier_quitte])
    end as numeros_deplaces,
    coalesce(ordonnes.porte_mouvement and ordonnes.classe <> 'N', false) as porte_mouvement,
    ordonnes.classe,
    ordonnes.nature_prestation,
    ordonnes.discipline,
    ordonnes.mode_traitement,
    ordonnes.psychiatrie,
    ordonnes.etablissement,
    coalesce(ordonnes.uf_responsable, ordonnes.uf_hebergement) as uf,
    -- « ZBE-1 : domaine et numéro »
    ordonnes.mouvement_numero || '^' || ordonnes.mouvement_domaine as mouvement_id,
    ordonnes.action,
    ordonnes.evenement_origine,
    ordonnes.nature_mouvement,
    coalesce(
        ordonnes.date_zbe,
        case when ordonnes.effet = 'SORTIE' then ordonnes.date_fin end,
        ordonnes.date_evenement,
        ordonnes.date_message
    ) as date_mouvement,
    ordonnes.date_admission,
    ordonnes.mode_pmsi,
    ordonnes.zfa_1 as statut_dmp,
    greatest(
        coalesce({{ hl7_instant('zfa_2') }}, ordonnes.date_message), {{ hl7_instant('zfa_10') }}, {{ hl7_instant('zfa_12') }}
    ) as date_constat_dmp,
    ordonnes.zfa_9 as alimentation_dmp,
    ordonnes.zfa_11 as consultation_dmp,
    ordonnes.intervenants,
    ordonnes.a_des_intervenants
from ordonnes
left join {{ ref('oid_ins') }} as espaces
    on ordonnes.ins.espace = espaces.espace
