-- P1.O3 (and SUN-ES DS1.3) — compte rendu opératoire alimenté au DMP.
-- Guide HOP'EN2 phase 1, objectif 3: of the séjours closed in the month with at least one surgical act, whose patient
-- had a DMP on the day of exit, those for which a compte rendu opératoire (34874-8) in CDA R2 N1, with a qualified INS
-- and not a scan, reached the DMP.
-- One row per séjour. Applicable to an establishment that has surgery.

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

sejours_chirurgicaux as (

    select distinct rattachements.sejour_id
    from {{ ref('int_sejours_venues') }} as rattachements
    inner join {{ ref('int_venues_chirurgicales') }} as venues_chirurgicales
        on
            rattachements.finess_ej = venues_chirurgicales.finess_ej
            and rattachements.iep = venues_chirurgicales.iep

),

comptes_rendus_operatoires as (

    select
        sejour_id,
        etape_n1,
        document_id,
        date_envoi
    from {{ ref('int_sejours_familles') }}
    where famille = 'CRO'

)

select
    sejours_clos.finess_ej,
    mois.periode_debut,
    mois.periode_fin,
    'TOUS' as axe,
    sejours_clos.sejour_id as unite_id,
    etapes.etape = 'ALIMENTE' as au_numerateur,
    etapes.etape,
    comptes_rendus_operatoires.document_id,
    comptes_rendus_operatoires.date_envoi
from sejours_clos
inner join sejours_chirurgicaux
    on sejours_clos.sejour_id = sejours_chirurgicaux.sejour_id
inner join {{ ref('int_periodes') }} as mois
    on
        sejours_clos.finess_ej = mois.finess_ej
        and sejours_clos.date_sortie between mois.periode_debut and mois.periode_fin
        and mois.nature = 'mois'
left join comptes_rendus_operatoires
    on sejours_clos.sejour_id = comptes_rendus_operatoires.sejour_id
inner join {{ ref('etapes') }} as etapes
    on coalesce(comptes_rendus_operatoires.etape_n1, 0) = etapes.ordre
