{{ config(materialized='view') }}

-- One row per venue named by ADT messages: « one venue = one PV1-19, else PID-18 ». It begins with its admission (a
-- preadmission is no venue), ends with the last exit that was not cancelled, and is of the class of its last movement.

with mouvements as (

    select
        finess_ej,
        iep,
        bool_and(est_annulee) as est_annulee,
        min(date_entree) as date_entree,
        max(date_message) as date_source,
        max(ordre) as dernier_ordre,
        max_by(ligne_source, ordre) as ligne_source,
        max_by(ipp, ordre) as ipp,
        max_by(dossier, ordre) filter (where dossier is not null) as dossier,
        max_by(classe, rang_effectif) filter (where etat = 'ACTIF' and effet <> 'PREADMISSION') as classe_mouvement,
        max_by(ordre, rang_effectif) filter (where etat = 'ACTIF' and effet <> 'PREADMISSION') as ordre_mouvement,
        -- « Z99 with ZBE-9 = C can rewrite the class with no movement »; HMC: the unit changes as well.
        max_by(classe, ordre) filter (where etat = 'ACTIF' and nature_mouvement like '%C%') as classe_changee,
        max(ordre) filter (where etat = 'ACTIF' and nature_mouvement like '%C%') as ordre_changement,
        max_by(nature_prestation, rang_effectif) filter (
            where etat = 'ACTIF' and nature_prestation is not null
        ) as nature_prestation,
        max_by(discipline, rang_effectif) filter (where etat = 'ACTIF' and discipline is not null) as discipline,
        max_by(mode_traitement, rang_effectif) filter (where etat = 'ACTIF' and mode_traitement is not null) as mode_traitement,
        bool_or(psychiatrie) filter (where etat = 'ACTIF') as psychiatrie,
        max_by(etablissement, rang_effectif) filter (where etat = 'ACTIF' and etablissement is not null) as etablissement,
        max_by(uf, rang_effectif) filter (where etat = 'ACTIF' and uf is not null) as uf,
        max_by(date_mouvement, ordre) filter (where etat = 'ACTIF' and effet = 'SORTIE') as date_sortie,
        max_by(mode_pmsi, ordre) filter (where etat = 'ACTIF' and effet = 'SORTIE' and mode_pmsi is not null) as mode_pmsi
    from {{ ref('int_gam_messages_mouvements') }}
    group by finess_ej, iep

),

hospitalisations as (

    select
        finess_ej,
        dossier,
        date_mouvement,
        iep
    from {{ ref('int_gam_messages_mouvements') }}
    where
        etat = 'ACTIF'
        and evenement = 'A06'
        and dossier is not null

),

-- An emergency visit that A06 turns into another venue of the dossier ends there.
suites_urgences as (

    select
        mouvements.finess_ej,
        mouvements.iep,
        min(hospitalisations.date_mouvement) as date_sortie
    from mouvements
    inner join hospitalisations
        on
            mouvements.finess_ej = hospitalisations.finess_ej
            and mouvements.dossier = hospitalisations.dossier
            and mouvements.iep <> hospitalisations.iep
            and cast(mouvements.date_entree as date) <= cast(hospitalisations.date_mouvement as date)
    where
        mouvements.classe_mouvement = 'E'
        and mouvements.date_sortie is null
    group by mouvements.finess_ej, mouvements.iep

),

classees as (

    select
        mouvements.*,
        coalesce(suites_urgences.date_sortie, mouvements.date_sortie) as date_fin,
        suites_urgences.iep is not null as est_suivie,
        case
            when dossiers.ordre > mouvements.dernier_ordre then dossiers.ipp
            when venues.ordre > mouvements.dernier_ordre then venues.ipp
            else mouvements.ipp
        end as ipp_final,
        case
            when mouvements.ordre_changement > mouvements.ordre_mouvement then mouvements.classe_changee
            else mouvements.classe_mouvement
        end as classe
    from mouvements
    left join suites_urgences
        on
            mouvements.finess_ej = suites_urgences.finess_ej
            and mouvements.iep = suites_urgences.iep
    left join {{ ref('int_gam_messages_deplacements') }} as dossiers
        on
            mouvements.finess_ej = dossiers.finess_ej
            and mouvements.dossier = dossiers.numero
    left join {{ ref('int_gam_messages_deplacements') }} as venues
        on
            mouvements.finess_ej = venues.finess_ej
            and mouvements.iep = venues.numero

),

situees as (

    select
        classees.*,
        unites.mode_hospitalisation as mode_unite,
        unites.type_seance as seance_unite,
        traitements.mode_hospitalisation as mode_traite,
        disciplines.type_seance as seance_discipline,
        sorties.mode_sortie,
        case
            when classees.classe = 'E' then 'URGENCES'
            when classees.classe in ('O', 'V') then 'EXTERNE'
            -- No field of the message carries the activity of a stay: unit, treatment, discipline, psychiatric segment.
            when unites.champ in ('MCO', 'SMR', 'PSY', 'HAD') then unites.champ
            when traitements.champ is not null then traitements.champ
            when disciplines.champ in ('SMR', 'PSY') then disciplines.champ
            when classees.psychiatrie then 'PSY'
            else 'MCO'
        end as champ
    from classees
    left join {{ ref('stg_gam__unites_fonctionnelles') }} as unites
        on
            classees.finess_ej = unites.finess_ej
            and classees.uf = unites.uf
    left join {{ ref('modes_traitement') }} as traitements
        on classees.mode_traitement = traitements.mode_traitement
    left join {{ ref('disciplines_prestation') }} as disciplines
        on classees.discipline = disciplines.discipline
    left join {{ ref('modes_sortie_pmsi') }} as sorties
        on classees.mode_pmsi = sorties.mode_pmsi

),

modes as (

    select
        *,
        case
            when champ in ('EXTERNE', 'URGENCES') then null
            when classe = 'R' then 'SEANCE'
            else coalesce(mode_traite, mode_unite, 'COMPLETE')
        end as mode_hospitalisation
    from situees

)

select
    finess_ej,
    iep,
    ipp_final as ipp,
    coalesce(etablissement, finess_ej) as finess_geo,
    champ,
    mode_hospitalisation,
    case
        when mode_hospitalisation = 'SEANCE' then coalesce(seance_unite, seance_discipline, 'AUTRE')
    end as type_seance,
    nullif(dossier, iep) as numero_sejour,
    uf,
    date_entree,
    date_fin as date_sortie,
    cast(null as integer) as nb_seances,
    case when est_suivie then 'MUTATION' else mode_sortie end as mode_sortie,
    -- Drugs handed over, telemonitoring: no consultation, no act.
    case when nature_prestation = 'RM' or classe = 'V' then false end as facturation_ace,
    case when nature_prestation = 'RM' or classe = 'V' then false end as consultation_medicale,
    date_source,
    ligne_source,
    est_annulee as supprime
from modes
where
    est_annulee
    or date_entree is not null and classe is not null
