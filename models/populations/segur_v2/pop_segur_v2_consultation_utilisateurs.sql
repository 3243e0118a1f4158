-- SV2.CONS.UTILISATEURS — utilisateurs ayant consulté le DMP.
-- ANS, Ségur vague 2 AMA hôpital (2025-04-04), « Consultation DMP »: of the active users of each profession, those who did
-- reach the DMP in the month, by TD0.10 or TD3.x, with success. TD0.9 may still ask for a connection: it proves nothing.
-- One row per active user and month, with axe = 'TOUS', and one more with the profession.

with utilisateurs_actifs as (

    select
        utilisateurs.finess_ej,
        utilisateurs.utilisateur_id,
        utilisateurs.profil,
        mois.periode_debut,
        mois.periode_fin
    from {{ ref('stg_dpi__utilisateurs') }} as utilisateurs
    inner join {{ ref('int_periodes') }} as mois
        on
            utilisateurs.finess_ej = mois.finess_ej
            and mois.nature = 'mois'
    where utilisateurs.actif

),

consultations as (

    select distinct
        finess_ej,
        utilisateur_id,
        {{ premier_du_mois('date_transaction') }} as periode_debut
    from {{ ref('stg_dpi__consultations_dmp') }}
    where
        transaction in ('TD0.10', 'TD3.1', 'TD3.2')
        and statut = 'REUSSI'
        and cast(date_transaction as date) <= {{ date_extraction() }}

),

axes as (

    select
        finess_ej,
        utilisateur_id,
        profil as axe,
        periode_debut,
        periode_fin
    from utilisateurs_actifs
    where profil <> 'TOUS'

    union all

    select
        finess_ej,
        utilisateur_id,
        'TOUS' as axe,
        periode_debut,
        periode_fin
    from utilisateurs_actifs

)

select
    axes.finess_ej,
    axes.periode_debut,
    axes.periode_fin,
    axes.axe,
    axes.utilisateur_id as unite_id,
    consultations.utilisateur_id is not null as au_numerateur
from axes
left join consultations
    on
        axes.finess_ej = consultations.finess_ej
        and axes.utilisateur_id = consultations.utilisateur_id
        and axes.periode_debut = consultations.periode_debut
