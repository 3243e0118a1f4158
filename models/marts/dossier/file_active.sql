-- P1.O1, « la justification du nombre de patients retenus dans le dénominateur » (guide HOP'EN2, justificatifs de
-- l'objectif 1): from the patients who came in the month to those who count. One row per establishment, month and cut:
-- ENSEMBLE; HORS_URGENCES, patients met otherwise than by emergencies alone, and SITE, for the audit's tolerances
-- (« soins non programmés », « multisite »); CHAMP. A patient seen in two fields or two sites is in both: fields and
-- sites do not add up.
-- Who is retained and who is qualified comes from the population of the indicator; each patient that it leaves out has
-- one reason, so that nb_patients = nb_inconnus + nb_fictifs + nb_douteux + nb_ecartes_sans_ins + nb_patients_retenus.

with venues as (

    select
        finess_ej,
        ipp,
        periode_debut,
        periode_fin,
        champ,
        coalesce(finess_geo, 'INCONNU') as site
    from {{ ref('int_venues_mois') }}
    where ipp is not null

),

patients as (

    select distinct
        finess_ej,
        ipp,
        periode_debut,
        periode_fin,
        'ENSEMBLE' as coupe,
        'TOUS' as valeur
    from venues

    union all

    select distinct
        finess_ej,
        ipp,
        periode_debut,
        periode_fin,
        'HORS_URGENCES' as coupe,
        'TOUS' as valeur
    from venues
    where champ <> 'URGENCES'

    union all

    select distinct
        finess_ej,
        ipp,
        periode_debut,
        periode_fin,
        'CHAMP' as coupe,
        champ as valeur
    from venues

    union all

    select distinct
        finess_ej,
        ipp,
        periode_debut,
        periode_fin,
        'SITE' as coupe,
        site as valeur
    from venues

)

select
    patients.finess_ej,
    patients.periode_debut,
    patients.periode_fin,
    patients.coupe,
    patients.valeur,
    count(*) as nb_patients,
    count(*) filter (where identites.ipp is null) as nb_inconnus,
    count(*) filter (where identites.identite_fictive) as nb_fictifs,
    count(*) filter (where identites.identite_douteuse and not identites.identite_fictive) as nb_douteux,
    -- Left out by the other reading of the denominator only (o1_denominateur).
    count(*) filter (
        where not identites.identite_fictive and not identites.identite_douteuse and retenus.unite_id is null
    ) as nb_ecartes_sans_ins,
    count(retenus.unite_id) as nb_patients_retenus,
    count(retenus.unite_id) filter (where identites.ins_matricule is not null) as nb_avec_ins,
    count(*) filter (where retenus.au_numerateur) as nb_qualifies
from patients
left join {{ ref('int_gam_patients') }} as identites
    on
        patients.finess_ej = identites.finess_ej
        and patients.ipp = identites.ipp
left join {{ ref('pop_hopen2_p1_o1_ins_qualifiee') }} as retenus
    on
        patients.finess_ej = retenus.finess_ej
        and patients.ipp = retenus.unite_id
        and patients.periode_debut = retenus.periode_debut
group by patients.finess_ej, patients.periode_debut, patients.periode_fin, patients.coupe, patients.valeur
order by patients.finess_ej, patients.periode_debut, patients.coupe, patients.valeur
