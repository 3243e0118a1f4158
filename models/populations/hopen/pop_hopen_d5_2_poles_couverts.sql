-- D5.2 — pôles couverts par le tableau de bord infra-annuel.
-- Guide HOP'EN, § 3.5, fiche D5.2 : parmi les pôles, ceux dont un tableau de bord a été produit dans les six mois, au plus tard
-- trois mois après la fin de la période qu'il couvre. Les pôles sont ceux des services d'aujourd'hui, pour toute période.
-- Un pôle par ligne.

with poles as (

    select distinct
        finess_ej,
        pole
    from {{ ref('stg_gam__services') }}
    where pole is not null

),

tableaux_de_bord as (

    select
        finess_ej,
        pole,
        date_production
    from {{ ref('stg_declaratif__tableaux_de_bord') }}
    where
        date_production <= {{ date_extraction() }}
        and date_production <= {{ date_plus_mois('periode_fin', 3) }}

)

select
    poles.finess_ej,
    semestres.periode_debut,
    semestres.periode_fin,
    'TOUS' as axe,
    poles.pole as unite_id,
    count(tableaux_de_bord.pole) > 0 as au_numerateur,
    min(tableaux_de_bord.date_production) as date_production
from poles
inner join {{ ref('int_periodes') }} as semestres
    on
        poles.finess_ej = semestres.finess_ej
        and semestres.nature = 'semestre_glissant'
left join tableaux_de_bord
    on
        poles.finess_ej = tableaux_de_bord.finess_ej
        and poles.pole = tableaux_de_bord.pole
        and tableaux_de_bord.date_production between semestres.periode_debut and semestres.periode_fin
group by poles.finess_ej, semestres.periode_debut, semestres.periode_fin, poles.pole
