-- One row per message that adds, replaces or removes a document (MDM, ORU): its patient, venue and chain of versions,
-- and what came back. rejet names what the message alone could not tell.

with envois as (

    select * from {{ ref('stg_dpi__messages') }}
    where est_envoi

),

numeros_de_venues as (

    select
        finess_ej,
        iep as numero,
        iep,
        ipp,
        date_entree
    from {{ ref('stg_gam__venues') }}

    union all

    select
        finess_ej,
        numero_sejour as numero,
        iep,
        ipp,
        date_entree
    from {{ ref('stg_gam__venues') }}
    where numero_sejour <> iep

),

-- « Take PID-18 and PV1-19 of the carrying message »; the GAM may know the venue by one or by the other.
numeros_cites as (

    select
        finess_ej,
        ligne_source,
        numero_venue as numero
    from envois

    union

    select
        finess_ej,
        ligne_source,
        dossier as numero
    from envois

),

venues_possibles as (

    select
        envois.ligne_source,
        numeros_de_venues.iep,
        numeros_de_venues.ipp,
        row_number() over (
            partition by envois.ligne_source
            order by
                case
                    when numeros_de_venues.iep = envois.numero_venue then 1
                    when numeros_de_venues.iep = envois.dossier then 2
                    when numeros_de_venues.date_entree <= envois.date_message then 3
                    else 4
                end,
                abs(date_diff('second', numeros_de_venues.date_entree, envois.date_message)),
                numeros_de_venues.iep
        ) as rang
    from envois
    inner join numeros_cites
        on envois.ligne_source = numeros_cites.ligne_source
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
    from {{ ref('stg_gam__patients') }}
    where ins_matricule is not null
    group by finess_ej, ins_matricule
    having count(*) = 1

),

identites_absorbees as (

    select distinct
        finess_ej,
        ipp_message,
        ipp
    from {{ ref('stg_gam__messages') }}
    where
        retenu
        and ipp <> ipp_message

    union

    select
        finess_ej,
        ipp_absorbe as ipp_message,
        max_by(ipp, ordre) as ipp
    from {{ ref('stg_gam__messages') }}
    where
        retenu
        and effet = 'FUSION'
        and ipp_absorbe <> ipp
    group by finess_ej, ipp_absorbe

),

etablissements_geographiques as (

    select distinct
        finess_ej,
        finess_geo
    from {{ ref('stg_gam__venues') }}

),

situes as (

    select
        envois.*,
        coalesce(venues_possibles.iep, envois.numero_venue, envois.dossier) as iep,
        coalesce(
            identites_absorbees.ipp, envois.ipp_message, patients_par_ins.ipp, venues_possibles.ipp, envois.ins_matricule
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
    left join identites_absorbees
        on
            envois.finess_ej = identites_absorbees.finess_ej
            and envois.ipp_message = identites_absorbees.ipp_message
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
        unnest(document_ids) as alias_id,
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

-- Technical answer of the platform, then the two business ones: each belongs to the last message of that sender and
-- number sent before it.
messages_acquittables as (

    select
        finess_ej,
        emetteur,
        message_id,
        date_message,
        max(ordre) as ordre
    from situes
    group by finess_ej, emetteur, message_id, date_message

),

retours as (

    select
        finess_ej,
        effet,
        destinataire,
        acquitte_id,
        date_message,
        est_succes,
        acquittement,
        code_erreur,
        adresse_acquittee,
        personne_acquittee
    from {{ ref('stg_dpi__messages') }}
    where
        retenu
        and effet like 'ACQUITTEMENT_%'

),

acquittements as (

    select
        retours.*,
        messages_acquittables.ordre as ordre_envoi
    from retours
    asof inner join messages_acquittables
        on
            retours.finess_ej = messages_acquittables.finess_ej
            and retours.destinataire = messages_acquittables.emetteur
            and retours.acquitte_id = messages_acquittables.message_id
            and retours.date_message >= messages_acquittables.date_message

),

reponses as (

    select
        ordre_envoi,
        bool_or(est_succes) filter (where effet = 'ACQUITTEMENT_DMP') as dmp_succes,
        max_by(code_erreur, date_message) filter (where effet = 'ACQUITTEMENT_DMP' and not est_succes) as dmp_code_erreur,
        max(date_message) filter (where effet = 'ACQUITTEMENT_DMP') as date_dmp,
        bool_or(acquittement in ('AE', 'AR', 'CE', 'CR')) filter (where effet = 'ACQUITTEMENT_TECHNIQUE') as est_refuse,
        max_by(code_erreur, date_message) filter (where effet = 'ACQUITTEMENT_TECHNIQUE') as code_refus,
        list(struct_pack(
            adresse := adresse_acquittee, personne := personne_acquittee, est_succes := est_succes, code_erreur := code_erreur
        )) filter (where effet = 'ACQUITTEMENT_MSS') as remises
    from acquittements
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
    case when rattaches.ipp is null then 'PATIENT_INCONNU|PID-3' end as rejet
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
