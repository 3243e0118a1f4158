-- Guide HOP'EN2 phase 1, fiche P1.O7 : l'indicateur peut être pondéré par le taux d'équipement MSSanté des libéraux du
-- territoire. taux_pondere ne garde au dénominateur que cette part des patients, d'après le dernier taux positif connu du mois
-- ou d'avant.
-- Lecture o7_ponderation : la cible se juge sur le taux (non), ou sur le taux pondéré quand il existe (oui).

with equipement as (

    select
        mois.finess_ej,
        mois.periode_debut,
        'TOUS' as axe,
        max_by(releves.taux_equipement, releves.mois) as taux_equipement
    from {{ ref('int_periodes') }} as mois
    inner join {{ ref('stg_national__ans_mssante') }} as releves
        on
            mois.finess_ej = releves.finess_ej
            and mois.periode_debut >= releves.mois
            and releves.taux_equipement > 0
    where mois.nature = 'mois'
    group by mois.finess_ej, mois.periode_debut

)

{{ calculer_taux(
    'P1.O7', ref('pop_hopen2_p1_o7_mss_pro'),
    complements='equipement', colonnes=['taux_equipement'],
    calculs={
        'taux_pondere': '100 * taux / taux_equipement',
        'cible_atteinte_ponderee': 'case when applicable then 100 * taux / taux_equipement >= cible end',
    },
    denominateur_vise=(
        'denominateur * coalesce(taux_equipement, 100) / 100' if var('o7_ponderation') == 'oui' else 'denominateur'
    )
) }}
