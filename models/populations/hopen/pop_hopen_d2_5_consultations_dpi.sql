-- D2.5 — consultations externes dont le DPI est à jour.
-- Guide HOP'EN, § 3.2, fiche D2.5 : parmi les consultations externes du trimestre assurées par le personnel médical, celles
-- dont le dossier a été mis à jour.
-- Une venue externe par ligne et par trimestre glissant.

with consultations_medicales as (

    select
        finess_ej,
        iep,
        periode_debut,
        periode_fin
    from {{ ref('int_consultations') }}
    where
        nature = 'trimestre_glissant'
        and consultation_medicale

),

dossiers_mis_a_jour as (

    select distinct
        finess_ej,
        iep
    from {{ ref('stg_dpi__mises_a_jour_dossier') }}
    where cast(date_mise_a_jour as date) <= {{ date_extraction() }}

)

select
    consultations_medicales.finess_ej,
    consultations_medicales.periode_debut,
    consultations_medicales.periode_fin,
    'TOUS' as axe,
    consultations_medicales.iep as unite_id,
    dossiers_mis_a_jour.iep is not null as au_numerateur
from consultations_medicales
left join dossiers_mis_a_jour
    on
        consultations_medicales.finess_ej = dossiers_mis_a_jour.finess_ej
        and consultations_medicales.iep = dossiers_mis_a_jour.iep
