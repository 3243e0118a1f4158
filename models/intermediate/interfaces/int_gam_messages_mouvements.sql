-- One row per message that moves a venue (ADT with PV1-2 other than N), with what became of its movement:
-- ACTIF, REMPLACE by a later message of the same ZBE-1, ANNULE, or refused (INCOHERENT, SANS_ENTREE, HORS_CHAMP).

with vises as (

    select
        messages.*,
        messages.iep as numero,
        coalesce(identites.ipp_final, messages.ipp_message) as ipp,
        case
            when messages.effet = 'ANNULATION' then messages.evenement_annule
            when messages.effet = 'CORRECTION' then origines.effet
            else messages.effet
        end as effet_vise,
        (messages.effet = 'ANNULATION' or coalesce(messages.action = 'CANCEL', false)) as annule,
        messages.classe = 'I' and unites.champ is null and disciplines.champ = 'USLD' as est_de_longue_duree,
        -- « Séances : un numéro de venue par séance »; without it, the dossier holds them all.
        messages.est_sans_numero_de_venue
        and (
            messages.classe = 'R'
            or coalesce(unites.mode_hospitalisation = 'SEANCE', traitements.mode_hospitalisation = 'SEANCE', false)
        ) as est_une_seance
    from {{ ref('int_gam_messages') }} as messages
    left join {{ ref('evenements_hl7') }} as origines
        on
            messages.evenement_origine = origines.evenement
            and origines.type_message = 'ADT'
    left join {{ ref('int_gam_messages_identites') }} as identites
        on
            messages.finess_ej = identites.finess_ej
            and messages.ipp_message = identites.ipp
            and messages.ordre >= identites.ordre_debut
            and messages.ordre < identites.ordre_fin
    left join {{ ref('stg_gam__unites_fonctionnelles') }} as unites
        on
            messages.finess_ej = unites.finess_ej
            and messages.uf = unites.uf
    left join {{ ref('modes_traitement') }} as traitements
        on messages.mode_traitement = traitements.mode_traitement
    left join {{ ref('disciplines_prestation') }} as disciplines
        on messages.discipline = disciplines.discipline
    where messages.porte_mouvement

),

groupes as (

    select
        *,
        bool_or(est_une_seance) over (partition by finess_ej, numero) as tient_des_seances
    from vises

),

-- « ZBE-1 : the key for UPDATE and CANCEL »; an older flow without ZBE has its movements named by what they do.
identifies as (

    select
        *,
        coalesce(
            mouvement_id,
            'sans ZBE:' || effet_vise
            || case
                when effet_vise in ('ENTREE', 'SORTIE', 'PREADMISSION') and not tient_des_seances then ''
                else cast(date_mouvement as string)
            end
        ) as cle
    from groupes

),

enchaines as (

    select
        *,
        row_number() over mouvement = count(*) over cles as est_dernier,
        count(*) filter (where not annule) over cles as nb_mouvements,
        min(ordre) over cles as premier_ordre,
        -- « Z99, ZBE-6 = original event »; without it, the event first heard of.
        coalesce(effet_vise, min_by(effet_vise, ordre) filter (where effet_vise is not null) over mouvement) as effet_mouvement,
        row_number() over (partition by finess_ej order by date_mouvement, ordre) as rang_effectif
    from identifies
    window
        mouvement as (partition by finess_ej, numero, cle order by ordre),
        cles as (partition by finess_ej, numero, cle)

),

-- A cancellation whose ZBE-1 names no movement cancels the last one of its kind: movements pile up as they come, and
-- each such cancellation takes the top of the pile.
annulations_par_nature as (

    select distinct
        finess_ej,
        numero,
        effet_mouvement
    from enchaines
    where
        annule
        and nb_mouvements = 0

),

piles as (

    select
        enchaines.finess_ej,
        enchaines.numero,
        enchaines.effet_mouvement,
        enchaines.ligne_source,
        enchaines.annule,
        case when enchaines.annule then enchaines.ordre else enchaines.premier_ordre end as position,
        sum(case when enchaines.annule then -1 else 1 end) over (
            partition by enchaines.finess_ej, enchaines.numero, enchaines.effet_mouvement
            order by case when enchaines.annule then enchaines.ordre else enchaines.premier_ordre end
            rows between unbounded preceding and current row
        ) as hauteur
    from enchaines
    inner join annulations_par_nature
        on
            enchaines.finess_ej = annulations_par_nature.finess_ej
            and enchaines.numero = annulations_par_nature.numero
            and enchaines.effet_mouvement = annulations_par_nature.effet_mouvement
    where
        enchaines.est_dernier
        and (not enchaines.annule or enchaines.nb_mouvements = 0)

),

hauteurs as (

    select
        ligne_source,
        annule,
        hauteur > min(hauteur) over (
            partition by finess_ej, numero, effet_mouvement
            order by position
            rows between 1 following and unbounded following
        ) as est_depile
    from piles

),

depiles as (

    select ligne_source
    from hauteurs
    where
        not annule
        and est_depile

),

denoues as (

    select
        enchaines.*,
        case
            when not enchaines.est_dernier then 'REMPLACE'
            when enchaines.annule or depiles.ligne_source is not null then 'ANNULE'
            else 'ACTIF'
        end as etat_mouvement
    from enchaines
    left join depiles
        on enchaines.ligne_source = depiles.ligne_source

),

-- Each admission of such a dossier begins a venue; its other movements belong to the admission before them.
admis as (

    select
        *,
        max_by(date_mouvement, rang_effectif) filter (where etat_mouvement = 'ACTIF' and effet_mouvement = 'ENTREE') over (
            partition by finess_ej, numero
            order by rang_effectif
            rows between unbounded preceding and current row
        ) as date_admission_seance
    from denoues

),

situes as (

    select
        *,
        numero || case
            when tient_des_seances then coalesce('/' || {{ horodatage('date_admission_seance') }}, '') else ''
        end as venue
    from admis

),

admissions_des_dossiers as (

    select
        finess_ej,
        dossier,
        min(date_mouvement) as date_admission
    from situes
    where
        etat_mouvement = 'ACTIF'
        and effet_mouvement = 'ENTREE'
        and dossier is not null
    group by finess_ej, dossier

),

venues as (

    select
        situes.finess_ej,
        situes.venue,
        -- « A11 : annulation de l'admission » cancels the venue, unless it is admitted again.
        count(*) filter (where situes.etat_mouvement = 'ACTIF' and situes.effet_mouvement = 'ENTREE') = 0
        and coalesce(
            max(situes.ordre) filter (where situes.annule and situes.effet_mouvement = 'ENTREE')
            > coalesce(
                max(situes.ordre) filter (where situes.etat_mouvement = 'ACTIF' and situes.effet_mouvement = 'CLASSE'), 0
            ),
            false
        ) as est_annulee,
        -- What comes before the archive is not known: a first movement is no admission. But the visit of a dossier that
        -- A06 turns into another venue was admitted, and the venue begins there.
        coalesce(
            min(situes.date_mouvement) filter (where situes.etat_mouvement = 'ACTIF' and situes.effet_mouvement = 'ENTREE'),
            min(situes.date_admission) filter (
                where situes.etat_mouvement = 'ACTIF' and situes.effet_mouvement <> 'PREADMISSION'
            ),
            min(situes.date_mouvement) filter (
                where
                situes.etat_mouvement = 'ACTIF'
                and situes.effet_mouvement = 'CLASSE'
                and situes.date_mouvement >= dossiers.date_admission
            )
        ) as date_entree
    from situes
    left join admissions_des_dossiers as dossiers
        on
            situes.finess_ej = dossiers.finess_ej
            and situes.dossier = dossiers.dossier
    group by situes.finess_ej, situes.venue

)

select
    situes.finess_ej,
    situes.ligne_source,
    situes.message_id,
    situes.ordre,
    situes.rang_effectif,
    situes.date_message,
    situes.venue as iep,
    situes.ipp,
    situes.dossier,
    situes.evenement,
    situes.effet_mouvement as effet,
    situes.date_mouvement,
    situes.classe,
    situes.nature_prestation,
    situes.discipline,
    situes.mode_traitement,
    situes.psychiatrie,
    situes.etablissement,
    situes.uf,
    situes.nature_mouvement,
    situes.mode_pmsi,
    venues.est_annulee,
    venues.date_entree,
    case
        when situes.etat_mouvement <> 'ACTIF' then situes.etat_mouvement
        when
            venues.date_entree is null and not venues.est_annulee and coalesce(situes.effet_mouvement, '') <> 'PREADMISSION'
            then 'SANS_ENTREE'
        when
            situes.effet_mouvement = 'SORTIE'
            and cast(situes.date_mouvement as date) < cast(venues.date_entree as date)
            then 'INCOHERENT'
        when situes.est_de_longue_duree then 'HORS_CHAMP'
        else 'ACTIF'
    end as etat
from situes
inner join venues
    on
        situes.finess_ej = venues.finess_ej
        and situes.venue = venues.venue
