-- One row per document that a message adds, replaces or removes (MDM, ORU): its patient, venue and chain of versions, and
-- what came back. rejet names what the message alone could not tell, or that the document has no name of its own.

with messages as (

    select * from {{ ref('int_dpi_messages') }}
    where est_envoi

),

pieces as (

    select
        ligne_source,
        unnest(pieces) as piece,
        type_message
    from messages

),

-- « N1 et N3 d'un même compte rendu »: one of each level, under one OBR and one code, is one report; two of a level are two.
-- A MDM has one document, whatever the code of what is beside it.
rangs_de_pieces as (

    select
        ligne_source,
        piece,
        cast(piece.cda.numero as integer) as numero,
        case when type_message = 'MDM' then 0 else piece.groupe end as groupe,
        case when type_message <> 'MDM' then piece.code end as code,
        row_number() over (
            partition by
                ligne_source,
                case when type_message = 'MDM' then 0 else piece.groupe end,
                case when type_message <> 'MDM' then piece.code end,
                piece.cda.niveau
            order by cast(piece.cda.numero as integer)
        ) as rang
    from pieces

),

comptes_rendus as (

    select
        ligne_source,
        min(numero) as numero,
        min_by(piece.code, numero) as type_code,
        min_by(piece.operations[1], numero) as operation,
        bool_or(piece.cda.etat = 'CDA') as est_cda,
        bool_or(piece.cda.etat = 'ILLISIBLE' or piece.cda.etat = 'CDA' and piece.cda.niveau is null) as a_un_corps_illisible,
        -- The N1 is accepted everywhere: it is the one that counts.
        min_by(piece.cda, coalesce(piece.cda.niveau, 'N9') || lpad(piece.cda.numero, 9, '0'))
            filter (where piece.cda.etat = 'CDA') as cda,
        list(piece.cda.document_id order by numero) filter (where piece.cda.etat = 'CDA') as document_ids
    from rangs_de_pieces
    group by ligne_source, groupe, code, rang

),

envois as (

    select
        messages.* exclude (pieces, txa_2, txa_12, txa_13, fuseau, date_activite),
        -- TXA names the first document of the message.
        coalesce(case when comptes_rendus.numero = 1 then messages.txa_2 end, comptes_rendus.type_code) as type_code,
        comptes_rendus.operation,
        coalesce(comptes_rendus.est_cda, false) as est_cda,
        comptes_rendus.a_un_corps_illisible and comptes_rendus.operation <> 'SUPPRESSION' as a_un_corps_illisible,
        coalesce(case when comptes_rendus.numero = 1 then messages.txa_12 end, comptes_rendus.cda.document_id) as document_id,
        comptes_rendus.document_ids as document_ids_cda,
        coalesce(case when comptes_rendus.numero = 1 then messages.txa_13 end, comptes_rendus.cda.parents[1]) as document_remplace,
        comptes_rendus.cda.set_id as set_id,
        try_cast(comptes_rendus.cda.version as integer) as version,
        comptes_rendus.cda.niveau as niveau_cda,
        comptes_rendus.cda.patients as patients_cda,
        comptes_rendus.cda.modalites as modalites_cda,
        {{ hl7_rpps('comptes_rendus.cda.destinataires[1]') }} as destinataire_cda,
        coalesce(
            messages.date_activite, {{ hl7_instant('comptes_rendus.cda.date_creation') }}, messages.date_message
        ) as date_creation
    from messages
    inner join comptes_rendus
        on messages.ligne_source = comptes_rendus.ligne_source

),

numeros_de_venues as (

    select
        finess_ej,
        iep as numero,
        iep,
        ipp,
        date_entree
    from {{ ref('int_gam_venues') }}

    union all

    select
        finess_ej,
        numero_sejour as numero,
        iep,
        ipp,
        date_entree
    from {{ ref('int_gam_venues') }}
    where numero_sejour <> iep

),

-- « Take PID-18 and PV1-19 of the carrying message »; the GAM may know the venue by one or by the other.
numeros_cites as (

    select
        finess_ej,
        ligne_source,
        numero_venue as numero
    from messages

    union

    select
        finess_ej,
        ligne_source,
        dossier as numero
    from messages

),

venues_possibles as (

    select
        messages.ligne_source,
        numeros_de_venues.iep,
        numeros_de_venues.ipp,
        row_number() over (
            partition by messages.ligne_source
            order by
                case
                    when numeros_de_venues.iep = messages.numero_venue then 1
                    when numeros_de_venues.iep = messages.dossier then 2
                    when numeros_de_venues.date_entree <= messages.date_message then 3
                    else 4
                end,
                abs(date_diff('second', numeros_de_venues.date_entree, messages.date_message)),
                numeros_de_venues.iep
        ) as rang
    from messages
    inner join numeros_cites
        on messages.ligne_source = numeros_cites.ligne_source
    inner join numeros_de_venues
        on
            numeros_cites.finess_ej = numeros_de_venues.finess_ej
            and numeros_cites.numero = numeros_de_venues.numero

),

patients_par_ins as (

    select
        finess_ej,
        ins_matricule,
        min(ipp) as ipp
    from {{ ref('int_gam_patients') }}
    where ins_matricule is not null
    group by finess_ej, ins_matricule
    having count(*) = 1

),

etablissements_geographiques as (

    select distinct
        finess_ej,
        finess_geo
    from {{ ref('int_gam_venues') }}

),

situes as (

    select
        envois.*,
        coalesce(venues_possibles.iep, envois.numero_venue, envois.dossier) as iep,
        coalesce(
            deplacements.ipp, identites.ipp_final, envois.ipp_message, patients_par_ins.ipp, venues_possibles.ipp, envois.ins_matricule
        ) as ipp,
        case
            when envois.auteur_genre = 'FINEJ' and right(envois.auteur_finess, 9) = envois.finess_ej then 'INTERNE'
            when envois.auteur_genre = 'FINEJ' then 'SOUS_TRAITANT'
            when etablissements_geographiques.finess_geo is not null then 'INTERNE'
        end as producteur,
        modalites.modalite_imagerie
    from envois
    left join venues_possibles
        on
            envois.ligne_source = venues_possibles.ligne_source
            and venues_possibles.rang = 1
    left join {{ ref('int_gam_messages_identites') }} as identites
        on
            envois.finess_ej = identites.finess_ej
            and envois.ipp_message = identites.ipp
            and envois.date_message >= identites.date_debut
            and envois.date_message < identites.date_fin
    left join {{ ref('int_gam_messages_deplacements') }} as deplacements
        on
            envois.finess_ej = deplacements.finess_ej
            and coalesce(envois.dossier, envois.numero_venue) = deplacements.numero
            and envois.date_message <= deplacements.date_message
    left join patients_par_ins
        on
            envois.finess_ej = patients_par_ins.finess_ej
            and envois.ins_matricule = patients_par_ins.ins_matricule
    left join etablissements_geographiques
        on
            envois.finess_ej = etablissements_geographiques.finess_ej
            and right(envois.auteur_finess, 9) = etablissements_geographiques.finess_geo
    left join {{ ref('modalites_imagerie') }} as modalites
        on envois.modalites_cda[1] = modalites.code_dicom

),

-- A report sent as N1 and N3 has two identifiers; either may be the one that is replaced or removed later.
identifiants as (

    select
        finess_ej,
        unnest(list_distinct([document_id] || coalesce(document_ids_cda, []))) as alias_id,
        document_id,
        ordre
    from situes
    where operation <> 'SUPPRESSION'

),

alias as (

    select
        finess_ej,
        alias_id,
        max_by(document_id, ordre) as document_id
    from identifiants
    where alias_id is not null
    group by finess_ej, alias_id

),

rattaches as (

    select
        situes.*,
        coalesce(remplaces.document_id, situes.document_remplace) as parent_id,
        case
            when situes.operation <> 'SUPPRESSION' then situes.document_id
            else coalesce(vises.document_id, remplaces.document_id, situes.document_id)
        end as document_vise
    from situes
    left join alias as remplaces
        on
            situes.finess_ej = remplaces.finess_ej
            and situes.document_remplace = remplaces.alias_id
    left join alias as vises
        on
            situes.finess_ej = vises.finess_ej
            and situes.document_id = vises.alias_id

),

versions as (

    select
        finess_ej,
        document_id,
        max_by(set_id, ordre) as set_id,
        max_by(parent_id, ordre) as parent_id
    from rattaches
    where operation <> 'SUPPRESSION'
    group by finess_ej, document_id

),

-- « Chain by setId, else by relatedDocument and TXA-13 »
sans_set_id as (

    select
        finess_ej,
        document_id,
        parent_id
    from versions
    where
        set_id is null
        and parent_id is not null
        and parent_id <> document_id

),

chaines as (

    select * from {{ hl7_chaine('sans_set_id', 'document_id', 'parent_id') }}

),

-- Technical answer of the platform, then the two business ones.
reponses as (

    select
        ordre_envoi,
        bool_or(est_succes) filter (where effet = 'ACQUITTEMENT_DMP') as dmp_succes,
        max_by(code_erreur, debut_utc) filter (where effet = 'ACQUITTEMENT_DMP' and not est_succes) as dmp_code_erreur,
        max(date_message) filter (where effet = 'ACQUITTEMENT_DMP') as date_dmp,
        bool_or(acquittement in ('AE', 'AR', 'CE', 'CR')) filter (where effet = 'ACQUITTEMENT_TECHNIQUE') as est_refuse,
        max_by(code_erreur, debut_utc) filter (where effet = 'ACQUITTEMENT_TECHNIQUE') as code_refus,
        list(struct_pack(
            adresse := adresse_acquittee, personne := personne_acquittee, est_succes := est_succes, code_erreur := code_erreur
        )) filter (where effet = 'ACQUITTEMENT_MSS') as remises
    from {{ ref('int_dpi_messages_acquittements') }}
    group by ordre_envoi

)

select
    rattaches.finess_ej,
    rattaches.ligne_source,
    rattaches.ordre,
    rattaches.message_id,
    -- Sender, number and date of the message, the document and what is done to it: MSH-10 alone is reused.
    rattaches.emetteur || '|' || rattaches.message_id || '|' || strftime(rattaches.date_message, '%Y%m%d%H%M%S')
    || '|' || rattaches.document_vise || '|' || rattaches.operation as transmission_id,
    rattaches.date_message,
    rattaches.operation,
    rattaches.document_vise as document_id,
    coalesce(rattaches.set_id, aieux.set_id, chaines.racine, rattaches.document_id) as set_id,
    greatest(coalesce(rattaches.version, chaines.profondeur + 1, 1), 1) as version,
    rattaches.ipp,
    rattaches.iep,
    rattaches.type_code,
    rattaches.niveau_cda,
    -- « INS in the CDA header and PID-32 »
    rattaches.ins_matricule is not null
    and rattaches.identite_validee
    and (
        not rattaches.est_cda
        or list_contains(rattaches.patients_cda, rattaches.ins_oid || '^' || rattaches.ins_matricule)
    ) as ins_qualifiee,
    rattaches.est_cda,
    rattaches.a_un_corps_illisible,
    rattaches.date_creation,
    rattaches.producteur,
    rattaches.modalite_imagerie,
    rattaches.destinataire_cda,
    rattaches.vers_dmp,
    rattaches.vers_mss_pro,
    rattaches.vers_mss_citoyenne,
    rattaches.destinataires,
    rattaches.lot_id,
    case
        when reponses.dmp_succes then 'REUSSI'
        when not reponses.dmp_succes or reponses.est_refuse then 'ECHEC'
        else 'INCONNU'
    end as statut_dmp,
    case
        when reponses.dmp_succes then null
        when not reponses.dmp_succes then reponses.dmp_code_erreur
        when reponses.est_refuse then reponses.code_refus
    end as code_erreur_dmp,
    reponses.date_dmp as date_statut_dmp,
    coalesce(reponses.est_refuse, false) as est_refuse,
    reponses.code_refus,
    reponses.remises,
    case
        when rattaches.ipp is null then 'PATIENT_INCONNU|PID-3'
        when rattaches.document_vise is null then 'CORPS_ILLISIBLE|OBX-5'
    end as rejet
from rattaches
left join chaines
    on
        rattaches.finess_ej = chaines.finess_ej
        and rattaches.document_id = chaines.depart
        and rattaches.operation <> 'SUPPRESSION'
left join versions as aieux
    on
        chaines.finess_ej = aieux.finess_ej
        and chaines.racine = aieux.document_id
left join reponses
    on rattaches.ordre = reponses.ordre_envoi
