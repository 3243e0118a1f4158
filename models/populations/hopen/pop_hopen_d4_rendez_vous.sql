-- D4.2, D4.3, D4.4 — interventions au bloc, actes et consultations externes, examens d'imagerie et d'exploration planifiés
-- avec un outil.
-- Guide HOP'EN, § 3.4, fiches D4.2 to D4.4: of what was done in the three months, what had been planned with a shared
-- planning tool or a scheduling tool. The theatre and the examinations count what was « programmé », without
-- emergencies; external acts and consultations are all counted.
-- One row per rendez-vous.

with rendez_vous as (

    select
        case type_rdv
            when 'BLOC' then 'D4.2'
            when 'ACE' then 'D4.3'
            when 'IMAGERIE_EXPLORATION' then 'D4.4'
        end as indicateur,
        finess_ej,
        rdv_id,
        cast(date_realisation as date) as date_realisation,
        outil_planification
    from {{ ref('stg_dpi__rendez_vous') }}
    where
        cast(date_realisation as date) <= {{ date_extraction() }}
        and (programme or type_rdv = 'ACE')

)

select
    rendez_vous.indicateur,
    rendez_vous.finess_ej,
    trimestres.periode_debut,
    trimestres.periode_fin,
    'TOUS' as axe,
    rendez_vous.rdv_id as unite_id,
    rendez_vous.outil_planification as au_numerateur
from rendez_vous
inner join {{ ref('int_periodes') }} as trimestres
    on
        rendez_vous.finess_ej = trimestres.finess_ej
        and rendez_vous.date_realisation between trimestres.periode_debut and trimestres.periode_fin
        and trimestres.nature = 'trimestre_glissant'
