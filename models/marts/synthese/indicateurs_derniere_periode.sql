-- Where each indicator stands: its latest complete period, per establishment and value of the axis. Without any complete
-- period (an establishment whose data begin this month), the latest one, periode_complete = false.

with classees as (

    select
        programme,
        indicateur,
        finess_ej,
        periode_debut,
        periode_fin,
        periode_complete,
        axe,
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
        source_seance,
        mois_recueil,
        ordre,
        libelle,
        nature,
        nom_table,
        raison_sociale,
        ght,
        row_number() over (
            partition by indicateur, finess_ej, axe
            order by case when periode_complete then 0 else 1 end, periode_fin desc
        ) as rang
    from {{ ref('indicateurs') }}

)

select
    programme,
    indicateur,
    finess_ej,
    periode_debut,
    periode_fin,
    periode_complete,
    axe,
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
    source_seance,
    mois_recueil,
    ordre,
    libelle,
    nature,
    nom_table,
    raison_sociale,
    ght
from classees
where rang = 1
order by ordre, finess_ej, axe
