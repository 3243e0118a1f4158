-- One row per document that a message adds, replaces or removes (MDM, ORU): its patient, venue and chain of versions, and
-- what came back. rejet names what the message alone could not tell, or that the document has no name of its own.

with messages as (

    select * from {{ ref('int_dpi_messages') }}
    where est_envoi

),

-- « N1 et N3 d'un même compte rendu »: one of each level, under one OBR and one code, is one report; two of a level are two.
-- A MDM has one document, whatever the code of what is beside it.
pieces as (

    select
        documents.*,
        case when messages.type_message = 'MDM' then 0 else documents.groupe end as groupe_du_rapport,
        case when messages.type_message <> 'MDM' then documents.code end as code_du_rapport
    from {{ ref('stg_dpi__hl7_documents') }} as documents
    inner join messages
        on documents.ligne_source = messages.ligne_source

),

rangs_de_pieces as (

    select
        *,
        row_number() over (
            partition by ligne_source, groupe_du_rapport, code_du_rapport, niveau
            order by numero
        ) as rang
    from pieces

),

pieces_des_rapports as (

    select
        *,
        min(numero) over (partition by ligne_source, groupe_du_rapport, code_du_rapport, rang) as premier_numero,
        -- The N1 is accepted everywhere: it is the one that counts.
        etat = 'CDA'
        and row_number() over (
            partition by ligne_source, groupe_du_rapport, code_du_rapport, rang
            order by etat = 'CDA' desc, coalesce(niveau, 'N9'), numero
        ) = 1 as compte
    from rangs_de_pieces

),

comptes_rendus as (

    select
        ligne_source,
        premier_numero as numero,
        min_by(code, numero) filter (where code is not null) as type_code,
        min_by(operation, numero) as operation,
        bool_or(etat = 'CDA') as est_cda,
        bool_or(etat = 'ILLISIBLE' or etat = 'CDA' and niveau is null) as a_un_corps_illisible,
        max(document_id) filter (where compte) as document_id,
        max(parent_id) filter (where compte) as parent_id,
        max(set_id) filter (where compte) as set_id,
        max(version) filter (where compte) as version,
        max(niveau) filter (where compte) as niveau,
        max(modalite) filter (where compte) as modalite,
        max(destinataire) filter (where compte) as destinataire,
        max(date_creation) filter (where compte) as date_creation,
        bool_or(nomme_l_ins) filter (where compte) as nomme_l_ins
    from pieces_des_rapports
    group by ligne_source, premier_numero

),

envois as (

    select
        messages.finess_ej,
        messages.ligne_source,
        messages.ordre,
        messages.message_id,
        messages.emetteur,
        messages.date_message,
        messages.ipp_message,
        messages.ins_matricule,
        messages.identite_validee,
        messages.dossier,
        messages.numero_venue,
        messages.auteur_finess,
        messages.auteur_genre,
        messages.vers_dmp,
        messages.vers_mss_pro,
        messages.vers_mss_citoyenne,
        messages.lot_id,
        comptes_rendus.numero,
        -- TXA names the first document of the message.
        coalesce(case when comptes_rendus.numero = 1 then messages.txa_2 end, comptes_rendus.type_code) as type_code,
        comptes_rendus.operation,
        coalesce(comptes_rendus.est_cda, false) as est_cda,
        comptes_rendus.a_un_corps_illisible and comptes_rendus.operation <> 'SUPPRESSION' as a_un_corps_illisible,
        coalesce(case when comptes_rendus.numero = 1 then messages.txa_12 end, comptes_rendus.document_id) as document_id,
        coalesce(case when comptes_rendus.numero = 1 then messages.txa_13 end, comptes_rendus.parent_id) as document_remplace,
        comptes_rendus.set_id,
        comptes_rendus.version,
        comptes_rendus.niveau as niveau_cda,
        comptes_rendus.modalite as modalite_cda,
        comptes_rendus.destinataire as destinataire_cda,
        comptes_rendus.nomme_l_ins,
        coalesce(messages.date_activite, comptes_rendus.date_creation, messages.date_message) as date_creation
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
                abs({{ secondes_entre('numeros_de_venues.date_entree', 'messages.date_message') }}),
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
            deplacements.ipp, identites.ipp_final, envois.ipp_message, patients_par_ins.ipp, venues_possibles.ipp,
            envois.ins_matricule
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
        on envois.modalite_cda = modalites.code_dicom

),

-- A report sent as N1 and N3 has two identifiers; either may be the one that is replaced or removed later.
identifiants as (

    select
        finess_ej,
        document_id as alias_id,
        document_id,
        ordre
    from situes
    where operation <> 'SUPPRESSION'

    union all

    select
        situes.finess_ej,
        pieces.document_id as alias_id,
        situes.document_id,
        situes.ordre
    from situes
    inner join pieces_des_rapports as pieces
        on
            situes.ligne_source = pieces.ligne_source
            and situes.numero = pieces.premier_numero
    where
        situes.operation <> 'SUPPRESSION'
        and pieces.etat = 'CDA'

),

alias as (

    select
        finess_ej,
        alias_id,
        max_by(document_id, ordre) filter (where document_id is not null) as document_id
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
        max_by(set_id, ordre) filter (where set_id is not null) as set_id,
        max_by(parent_id, ordre) filter (where parent_id is not null) as parent_id
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

    select * from {{ chaine('sans_set_id', 'document_id', 'parent_id') }}

),

-- Technical answer of the platform, and that of the DMP.
reponses as (

    select
        finess_ej,
        ordre_envoi,
        bool_or(est_succes) filter (where effet = 'ACQUITTEMENT_DMP') as dmp_succes,
        max_by(code_erreur, ordre_reponse) filter (
            where effet = 'ACQUITTEMENT_DMP' and not est_succes and code_erreur is not null
        ) as dmp_code_erreur,
        max(date_message) filter (where effet = 'ACQUITTEMENT_DMP') as date_dmp,
        bool_or(acquittement in ('AE', 'AR', 'CE', 'CR')) filter (where effet = 'ACQUITTEMENT_TECHNIQUE') as est_refuse,
        max_by(code_erreur, ordre_reponse) filter (
            where effet = 'ACQUITTEMENT_TECHNIQUE' and code_erreur is not null
        ) as code_refus
    from {{ ref('int_dpi_messages_acquittements') }}
    group by finess_ej, ordre_envoi

)

select
    rattaches.finess_ej,
    rattaches.ligne_source,
    rattaches.ordre,
    rattaches.message_id,
    -- Sender, number and date of the message, the document and what is done to it: MSH-10 alone is reused.
    rattaches.emetteur || '|' || rattaches.message_id || '|' || {{ horodatage('rattaches.date_message') }}
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
        or rattaches.nomme_l_ins
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
    case
        when rattaches.ipp is null then 'PATIENT_INCONNU|PID-3'
        when rattaches.document_vise is null then 'CORPS_ILLISIBLE|OBX-5'
    end as rejet
from rattaches
left join chaines
    on
        rattaches.finess_ej = chaines.finess_ej
        and case when rattaches.operation <> 'SUPPRESSION' then rattaches.document_id end = chaines.depart
left join versions as aieux
    on
        chaines.finess_ej = aieux.finess_ej
        and chaines.racine = aieux.document_id
left join reponses
    on
        rattaches.finess_ej = reponses.finess_ej
        and rattaches.ordre = reponses.ordre_envoi
