-- One row per message that moves a venue (ADT with PV1-2 other than N), with what became of its movement:
-- ACTIF, REMPLACE by a later message of the same ZBE-1, ANNULE, or refused (INCOHERENT, SANS_ENTREE, HORS_CHAMP).

with vises as (

    select
        messages.*,
        case
            when messages.effet = 'ANNULATION' then messages.evenement_annule
            when messages.effet = 'CORRECTION' then origines.effet
            else messages.effet
        end as effet_vise,
        (messages.effet = 'ANNULATION' or coalesce(messages.action = 'CANCEL', false)) as annule
    from {{ ref('stg_gam__messages') }} as messages
    left join {{ ref('evenements_hl7') }} as origines
        on
            messages.evenement_origine = origines.evenement
            and origines.type_message = 'ADT'
    where
        messages.retenu
        and messages.porte_mouvement

),

-- « ZBE-1 : the key for UPDATE and CANCEL »; an older flow without ZBE has its movements named by what they do.
identifies as (

    select
        *,
        coalesce(
            mouvement_id,
            'sans ZBE:' || effet_vise
            || case when effet_vise in ('ENTREE', 'SORTIE', 'PREADMISSION') then '' else cast(date_mouvement as varchar) end
        ) as cle
    from vises

),

enchaines as (

    select
        *,
        row_number() over mouvement = count(*) over cles as est_dernier,
        count(*) over cles as nb_messages,
        -- « Z99, ZBE-6 = original event »; without it, the event first heard of.
        coalesce(effet_vise, first_value(effet_vise ignore nulls) over mouvement) as effet_mouvement,
        row_number() over (order by date_mouvement, ordre) as rang_effectif
    from identifies
    window
        mouvement as (partition by finess_ej, iep, cle order by ordre),
        cles as (partition by finess_ej, iep, cle)

),

-- A cancellation whose ZBE-1 names no movement cancels the last one of its kind.
annulations_par_nature as (

    select
        finess_ej,
        iep,
        effet_mouvement,
        max(ordre) as ordre
    from enchaines
    where
        annule
        and nb_messages = 1
    group by finess_ej, iep, effet_mouvement

),

denoues as (

    select
        enchaines.*,
        case
            when not enchaines.est_dernier then 'REMPLACE'
            when enchaines.annule or annulations_par_nature.ordre > enchaines.ordre then 'ANNULE'
            else 'ACTIF'
        end as etat_mouvement
    from enchaines
    left join annulations_par_nature
        on
            enchaines.finess_ej = annulations_par_nature.finess_ej
            and enchaines.iep = annulations_par_nature.iep
            and enchaines.effet_mouvement = annulations_par_nature.effet_mouvement

),

venues as (

    select
        finess_ej,
        iep,
        -- « A11 : annulation de l'admission » cancels the venue, unless it is admitted again.
        count(*) filter (where etat_mouvement = 'ACTIF' and effet_mouvement = 'ENTREE') = 0
        and coalesce(
            max(ordre) filter (where annule and effet_mouvement = 'ENTREE')
            > coalesce(max(ordre) filter (where etat_mouvement = 'ACTIF' and effet_mouvement = 'CLASSE'), 0),
            false
        ) as est_annulee,
        coalesce(
            min(date_mouvement) filter (where etat_mouvement = 'ACTIF' and effet_mouvement = 'ENTREE'),
            min(date_admission) filter (where etat_mouvement = 'ACTIF' and effet_mouvement <> 'PREADMISSION'),
            min(date_mouvement) filter (
                where etat_mouvement = 'ACTIF' and effet_mouvement not in ('PREADMISSION', 'SORTIE')
            )
        ) as date_entree
    from denoues
    group by finess_ej, iep

)

select
    denoues.finess_ej,
    denoues.ligne_source,
    denoues.message_id,
    denoues.ordre,
    denoues.rang_effectif,
    denoues.date_message,
    denoues.iep,
    denoues.ipp,
    denoues.dossier,
    denoues.evenement,
    denoues.effet_mouvement as effet,
    denoues.date_mouvement,
    denoues.classe,
    denoues.nature_prestation,
    denoues.discipline,
    denoues.mode_traitement,
    denoues.psychiatrie,
    denoues.etablissement,
    denoues.uf,
    denoues.nature_mouvement,
    denoues.mode_pmsi,
    venues.est_annulee,
    venues.date_entree,
    case
        when denoues.etat_mouvement <> 'ACTIF' then denoues.etat_mouvement
        when denoues.effet_mouvement = 'SORTIE' and venues.date_entree is null then 'SANS_ENTREE'
        when denoues.effet_mouvement = 'SORTIE' and denoues.date_mouvement < venues.date_entree then 'INCOHERENT'
        when denoues.classe = 'I' and unites.champ is null and disciplines.champ = 'USLD' then 'HORS_CHAMP'
        else 'ACTIF'
    end as etat
from denoues
inner join venues
    on
        denoues.finess_ej = venues.finess_ej
        and denoues.iep = venues.iep
left join {{ ref('stg_gam__unites_fonctionnelles') }} as unites
    on
        denoues.finess_ej = unites.finess_ej
        and denoues.uf = unites.uf
left join {{ ref('disciplines_prestation') }} as disciplines
    on denoues.discipline = disciplines.discipline
