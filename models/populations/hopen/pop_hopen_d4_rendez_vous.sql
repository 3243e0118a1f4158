-- D4.2, D4.3, D4.4 — interventions au bloc, actes et consultations externes, examens d'imagerie et d'exploration planifiés
-- avec un outil.
-- Guide HOP'EN, § 3.4, fiches D4.2 à D4.4 : parmi ce qui a été réalisé dans les trois mois, ce qui avait été planifié avec un
-- outil. Au bloc, un outil de planification ou de programmation ; pour les actes et consultations externes et les examens, un
-- outil partagé, sauf pour l'examen fait hors de l'établissement, où un outil suffit. L'export qui ne distingue pas l'outil
-- partagé dit l'outil. Le bloc et les examens comptent ce qui était programmé ; les examens sont le scanner, l'IRM, l'imagerie
-- lourde et les explorations fonctionnelles, et ceux dont on ne sait pas la modalité.
-- Un rendez-vous par ligne.

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
        case
            when type_rdv = 'BLOC' or type_rdv = 'IMAGERIE_EXPLORATION' and not plateau_interne then outil_planification
            else coalesce(outil_partage, outil_planification)
        end as est_planifie
    from {{ ref('int_dpi_rendez_vous') }}
    where
        cast(date_realisation as date) <= {{ date_extraction() }}
        and (programme or type_rdv = 'ACE')
        and (type_rdv <> 'IMAGERIE_EXPLORATION' or modalite is distinct from 'AUTRE')

)

select
    rendez_vous.indicateur,
    rendez_vous.finess_ej,
    trimestres.periode_debut,
    trimestres.periode_fin,
    'TOUS' as axe,
    rendez_vous.rdv_id as unite_id,
    rendez_vous.est_planifie as au_numerateur
from rendez_vous
inner join {{ ref('int_periodes') }} as trimestres
    on
        rendez_vous.finess_ej = trimestres.finess_ej
        and rendez_vous.date_realisation between trimestres.periode_debut and trimestres.periode_fin
        and trimestres.nature = 'trimestre_glissant'
