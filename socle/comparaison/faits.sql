-- What a warehouse knows of each object of « utiles »: one row per element, with its value. An element that is not there is not
-- known; « debut » and « fin » bound the periods that it concerns, when not all of them.
-- The first arm of a union names the columns. -- noqa: disable=AL03,AL08
with venues as (

    select venues.*
    from {{ base }}intermediaire.int_venues as venues
    semi join utiles
        on venues.finess_ej = utiles.finess_ej and venues.iep = utiles.objet and utiles.genre = 'iep'

),

rattachements as (

    select membres.finess_ej, membres.iep, membres.sejour_id
    from {{ base }}intermediaire.int_sejours_venues as membres
    semi join venues
        on membres.finess_ej = venues.finess_ej and membres.iep = venues.iep

),

-- A venue that joins a séjour changes the others' séjour.
compositions as (

    select membres.finess_ej, membres.sejour_id, string_agg(distinct membres.iep, ' ' order by membres.iep) as ieps
    from {{ base }}intermediaire.int_sejours_venues as membres
    semi join rattachements
        on membres.finess_ej = rattachements.finess_ej and membres.sejour_id = rattachements.sejour_id
    group by membres.finess_ej, membres.sejour_id

),

sejours as (

    select
        rattachements.finess_ej,
        rattachements.iep,
        string_agg(concat(sejours.activite, '|', compositions.ieps), ';' order by sejours.sejour_id) as regroupement,
        string_agg(
            concat(sejours.date_entree, '|', sejours.date_sortie, '|', sejours.clos, '|', sejours.retenu), ';'
            order by sejours.sejour_id
        ) as clotures
    from (select distinct finess_ej, iep, sejour_id from rattachements) as rattachements
    inner join compositions
        on rattachements.finess_ej = compositions.finess_ej and rattachements.sejour_id = compositions.sejour_id
    inner join {{ base }}intermediaire.int_sejours as sejours
        on rattachements.finess_ej = sejours.finess_ej and rattachements.sejour_id = sejours.sejour_id
    group by rattachements.finess_ej, rattachements.iep

),

par_iep as (

    select
        finess_ej,
        iep,
        string_agg(
            concat(
                date_entree, '|', champ, '|', mode_hospitalisation, '|', type_seance, '|', uf, '|', finess_geo, '|',
                nb_seances, '|', facturation_ace
            ), ';' order by date_entree, champ, mode_hospitalisation, type_seance, uf, finess_geo, nb_seances, facturation_ace
        ) as entrees,
        string_agg(coalesce(cast(date_sortie as varchar), 'ouverte'), ';' order by date_entree, date_sortie) as sorties,
        string_agg(distinct coalesce(ipp, ''), ';' order by coalesce(ipp, '')) as ipps
    from venues
    group by finess_ej, iep

),

versions as (

    select versions.*
    from {{ base }}intermediaire.int_versions as versions
    semi join utiles
        on versions.finess_ej = utiles.finess_ej and versions.set_id = utiles.objet and utiles.genre = 'document'

),

messages as (

    select
        finess_ej,
        message_id,
        concat(canal, '|', enveloppe_xdm, '|', set_id, '|', type_code, '|', niveau_cda, '|', ins_qualifiee, '|', date_envoi)
            as valeur,
        iep,
        ipp,
        set_id,
        date_envoi
    from {{ base }}intermediaire.int_messages_mss

),

faits as (

    select
        par_iep.finess_ej,
        'VENUE' as nature,
        'iep' as genre,
        par_iep.iep as objet,
        par_iep.iep as element,
        concat(par_iep.entrees, '/', sejours.regroupement) as valeur,
        cast(null as date) as debut,
        cast(null as date) as fin
    from par_iep
    left join sejours
        on par_iep.finess_ej = sejours.finess_ej and par_iep.iep = sejours.iep

    union all

    select
        concernes.finess_ej, 'VENUE', 'correspondant', concernes.correspondant_id, concernes.champ, 'concerné',
        concernes.periode_debut, concernes.periode_fin
    from {{ base }}intermediaire.int_correspondants_concernes as concernes
    semi join utiles
        on
            concernes.finess_ej = utiles.finess_ej
            and concernes.correspondant_id = utiles.objet
            and utiles.genre = 'correspondant'

    union all

    select
        par_iep.finess_ej, 'CLOTURE', 'iep', par_iep.iep, par_iep.iep, concat(par_iep.sorties, '/', sejours.clotures), null, null
    from par_iep
    left join sejours
        on par_iep.finess_ej = sejours.finess_ej and par_iep.iep = sejours.iep

    union all

    select finess_ej, 'IDENTITE', 'iep', iep, 'ipp', ipps, null, null
    from par_iep

    union all

    select
        patients.finess_ej, 'IDENTITE', 'ipp', patients.ipp, 'INS',
        concat(
            patients.ins_matricule, '|', patients.ins_oid, '|', patients.statut_identite, '|', patients.identite_douteuse, '|',
            patients.identite_fictive, '|', patients.date_naissance
        ),
        null, null
    from {{ base }}staging.stg_gam__patients as patients
    semi join utiles
        on patients.finess_ej = utiles.finess_ej and patients.ipp = utiles.objet and utiles.genre = 'ipp'

    union all

    select finess_ej, 'INS', 'document', set_id, 'INS', concat(max(ipp_document), '|', max(ins_qualifiee)), null, null
    from versions
    group by finess_ej, set_id

    union all

    select
        statuts.finess_ej, 'DMP', 'ipp', statuts.ipp, cast(statuts.valable_du as varchar),
        concat(statuts.a_un_dmp, '|', statuts.oppose_alimentation), statuts.valable_du, null
    from {{ base }}intermediaire.int_dmp_patients as statuts
    semi join utiles
        on statuts.finess_ej = utiles.finess_ej and statuts.ipp = utiles.objet and utiles.genre = 'ipp'

    union all

    select
        finess_ej, 'DOCUMENT', 'document', set_id, set_id,
        string_agg(
            concat(
                document_id, '|', version, '|', iep, '|', type_code, '|', type_code_document, '|', niveau_cda, '|', numerise, '|',
                entete_structuree, '|', consultable_services, '|', date_creation, '|', iep_document, '|', correspondant_id, '|',
                producteur, '|', categorie_biologie, '|', modalite_imagerie, '|', non_transmission
            ), ';' order by document_id
        ),
        null, null
    from versions
    where not est_retire
    group by finess_ej, set_id

    union all

    select
        alimentations.finess_ej, 'ENVOI', 'document', alimentations.set_id,
        concat(alimentations.document_id, '|', alimentations.lot_id, '|', alimentations.date_envoi),
        string_agg(
            distinct cast(alimentations.reprise_historique as varchar),
            ';' order by cast(alimentations.reprise_historique as varchar)
        ),
        null, null
    from {{ base }}intermediaire.int_alimentations as alimentations
    semi join versions
        on alimentations.finess_ej = versions.finess_ej and alimentations.set_id = versions.set_id
    group by
        alimentations.finess_ej, alimentations.set_id, alimentations.document_id, alimentations.lot_id, alimentations.date_envoi

    union all

    select
        messages.finess_ej, 'ENVOI', utiles.genre, utiles.objet, messages.message_id, messages.valeur,
        case when utiles.genre = 'destinataire' then messages.date_envoi end,
        case when utiles.genre = 'destinataire' then messages.date_envoi end
    from messages
    inner join utiles
        on
            messages.finess_ej = utiles.finess_ej
            and case utiles.genre
                when 'iep' then messages.iep
                when 'destinataire' then messages.ipp
                when 'document' then messages.set_id
            end = utiles.objet

    union all

    select distinct
        messages.finess_ej, 'ENVOI', 'correspondant', utiles.objet, messages.message_id, messages.valeur,
        messages.date_envoi, messages.date_envoi
    from messages
    inner join {{ base }}intermediaire.int_messages_correspondants as destinataires
        on messages.finess_ej = destinataires.finess_ej and messages.message_id = destinataires.message_id
    inner join utiles
        on
            destinataires.finess_ej = utiles.finess_ej
            and destinataires.correspondant_id = utiles.objet
            and utiles.genre = 'correspondant'

)

select finess_ej, nature, genre, objet, element, coalesce(valeur, '') as valeur, debut, fin
from faits
