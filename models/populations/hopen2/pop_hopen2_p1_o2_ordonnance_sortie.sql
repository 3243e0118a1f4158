-- P1.O2.ODS (and SUN-ES DS1.2) — ordonnance de sortie alimentée au DMP.
-- Guide HOP'EN2 phase 1, fiche P1.O2: of the séjours closed in the month whose patient had a DMP on the day of exit and
-- for which at least one ordonnance was produced, in any format, those with at least one ordonnance in CDA R2 N1, with
-- a qualified INS and not a scan, that reached the DMP.
-- One row per séjour. No typeCode says « de sortie »: an ordonnance is one by its venue.

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

ordonnances_de_sortie as (

    select
        sejour_id,
        etape_n1,
        document_id,
        date_envoi
    from {{ ref('int_sejours_familles') }}
    where famille = 'ODS'

)

select
    sejours_clos.finess_ej,
    mois.periode_debut,
    mois.periode_fin,
    'TOUS' as axe,
    sejours_clos.sejour_id as unite_id,
    etapes.etape = 'ALIMENTE' as au_numerateur,
    etapes.etape,
    ordonnances_de_sortie.document_id,
    ordonnances_de_sortie.date_envoi
from sejours_clos
inner join {{ ref('int_periodes') }} as mois
    on
        sejours_clos.finess_ej = mois.finess_ej
        and sejours_clos.date_sortie between mois.periode_debut and mois.periode_fin
        and mois.nature = 'mois'
inner join ordonnances_de_sortie
    on sejours_clos.sejour_id = ordonnances_de_sortie.sejour_id
inner join {{ ref('etapes') }} as etapes
    on ordonnances_de_sortie.etape_n1 = etapes.ordre
