-- SV2.CONS.UTILISATEURS — utilisateurs ayant consulté le DMP.
-- ANS, Ségur vague 2 AMA hôpital (2025-04-04), « Consultation DMP » : parmi les utilisateurs actifs de chaque profession, ceux
-- qui ont accédé au DMP dans le mois, par TD0.10 ou une transaction TD3, avec succès. Après TD0.9 une connexion peut encore
-- être demandée : elle ne prouve rien.
-- Un utilisateur actif par ligne et par mois, avec axe = 'TOUS', et une ligne de plus avec sa profession.

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
    from {{ ref('int_dpi_consultations_dmp') }}
    where
        (transaction = 'TD0.10' or transaction like 'TD3.%')
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
