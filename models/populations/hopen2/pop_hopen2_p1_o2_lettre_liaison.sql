-- P1.O2.LDL (and SUN-ES DS1.1) — lettre de liaison de sortie alimentée au DMP.
-- Guide HOP'EN2 phase 1, fiche P1.O2: of the séjours closed in the month whose patient had a DMP on the day of exit,
-- those for which a lettre de liaison (11490-0) in CDA R2 N1, with a qualified INS and not a scan, reached the DMP.
-- One row per séjour. A CRH is not a lettre de liaison. The letter counts whenever it was fed.

with sejours_clos as (

    select
        sejour_id,
        finess_ej,
        date_sortie
    from {{ ref('int_sejours') }}
    where
        clos
        and retenu
        and a_un_dmp_a_la_sortie

),

lettres_de_liaison as (

    select
        sejour_id,
        etape_n1,
        document_id,
        date_envoi
    from {{ ref('int_sejours_familles') }}
    where famille = 'LDL'

)

select
    sejours_clos.finess_ej,
    mois.periode_debut,
    mois.periode_fin,
    'TOUS' as axe,
    sejours_clos.sejour_id as unite_id,
    etapes.etape = 'ALIMENTE' as au_numerateur,
    etapes.etape,
    lettres_de_liaison.document_id,
    lettres_de_liaison.date_envoi
from sejours_clos
inner join {{ ref('int_periodes') }} as mois
    on
        sejours_clos.finess_ej = mois.finess_ej
        and sejours_clos.date_sortie between mois.periode_debut and mois.periode_fin
        and mois.nature = 'mois'
left join lettres_de_liaison
    on sejours_clos.sejour_id = lettres_de_liaison.sejour_id
inner join {{ ref('etapes') }} as etapes
    on coalesce(lettres_de_liaison.etape_n1, 0) = etapes.ordre
