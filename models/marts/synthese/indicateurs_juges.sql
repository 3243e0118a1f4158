-- Where each indicator stands: the one period on which it is judged, per establishment and value of the axis; every page
-- and every form shows that one.
-- choix: MEILLEUR_MOIS (HOP'EN2: of all complete months; IFAQ: of those of the campaign), MEILLEUR_MOIS_DE_LA_FENETRE
-- (SUN-ES: of the latest window that has begun, complete or not, against its target), else DERNIERE_PERIODE, the latest
-- complete one. Without any, an establishment whose data begin this month is not judged yet.

with fenetre_commencee as (

    select
        indicateur,
        finess_ej,
        fenetre,
        date_debut,
        date_fin,
        meilleur_mois,
        cible,
        atteinte,
        row_number() over (partition by indicateur, finess_ej order by date_debut desc) as rang
    from {{ ref('sun_es_fenetres') }}
    where date_debut <= {{ date_extraction() }}

),

meilleurs_mois as (

    select
        indicateur,
        finess_ej,
        meilleur_mois,
        'MEILLEUR_MOIS' as choix
    from {{ ref('meilleurs_mois') }}

    union all

    select
        indicateur,
        finess_ej,
        meilleur_mois,
        'MEILLEUR_MOIS_DE_LA_FENETRE' as choix
    from fenetre_commencee
    where
        rang = 1
        and meilleur_mois is not null

),

classees as (

    select
        mesures.programme,
        mesures.indicateur,
        mesures.finess_ej,
        mesures.nature_periode,
        mesures.periode_debut,
        mesures.periode_fin,
        mesures.periode_libelle,
        mesures.periode_complete,
        mesures.axe,
        mesures.axe_libelle,
        mesures.axe_est_total,
        mesures.numerateur,
        mesures.denominateur,
        mesures.taux,
        mesures.numerateur_national_traces,
        mesures.numerateur_national_constate,
        mesures.taux_national,
        mesures.ecart_points,
        case when fenetres.indicateur is null then mesures.cible else fenetres.cible end as cible,
        case
            when fenetres.indicateur is null then mesures.cible_atteinte
            when mesures.applicable and fenetres.cible is not null then fenetres.atteinte
        end as cible_atteinte,
        mesures.restant_pour_cible,
        mesures.applicable,
        mesures.motif_non_applicable,
        {{ situation(
            'mesures.applicable',
            'case when fenetres.indicateur is null then mesures.cible else fenetres.cible end',
            'case when fenetres.indicateur is null then mesures.cible_atteinte else fenetres.atteinte end',
            'mesures.situation'
        ) }} as situation,
        mesures.situation_raison,
        mesures.source_seance,
        mesures.mois_recueil,
        mesures.masque,
        mesures.ordre,
        mesures.libelle,
        mesures.nature,
        mesures.nom_table,
        mesures.raison_sociale,
        mesures.ght,
        coalesce(meilleurs_mois.choix, 'DERNIERE_PERIODE') as choix,
        fenetres.fenetre,
        row_number() over (
            partition by mesures.indicateur, mesures.finess_ej, mesures.axe
            order by
                case when mesures.periode_debut = meilleurs_mois.meilleur_mois then 0 else 1 end,
                -- Without a month that applies, SUN-ES shows what its window has.
                case when mesures.periode_debut between fenetres.date_debut and fenetres.date_fin then 0 else 1 end,
                case when mesures.periode_complete then 0 else 1 end,
                mesures.periode_fin desc
        ) as rang
    from {{ ref('indicateurs') }} as mesures
    left join fenetre_commencee as fenetres
        on
            mesures.indicateur = fenetres.indicateur
            and mesures.finess_ej = fenetres.finess_ej
            and fenetres.rang = 1
    left join meilleurs_mois
        on
            mesures.indicateur = meilleurs_mois.indicateur
            and mesures.finess_ej = meilleurs_mois.finess_ej

)

select
    programme,
    indicateur,
    finess_ej,
    nature_periode,
    periode_debut,
    periode_fin,
    periode_libelle,
    periode_complete,
    axe,
    axe_libelle,
    axe_est_total,
    numerateur,
    denominateur,
    taux,
    numerateur_national_traces,
    numerateur_national_constate,
    taux_national,
    ecart_points,
    cible,
    cible_atteinte,
    restant_pour_cible,
    applicable,
    motif_non_applicable,
    situation,
    situation_raison,
    source_seance,
    mois_recueil,
    masque,
    ordre,
    libelle,
    nature,
    nom_table,
    raison_sociale,
    ght,
    choix,
    fenetre
from classees
where
    rang = 1
    and (periode_complete or fenetre is not null)
order by ordre, finess_ej, axe
