-- What each moved unit is made of, in one warehouse: its venues, patients, documents, correspondant. « proche »: the object is
-- the unit's own, and not of its patient only. The first arm of a union names the columns. -- noqa: disable=AL03,AL08
with cibles as (

    select distinct finess_ej, unite, unite_id, periode_debut, periode_fin
    from deplacees

),

venues as (

    select cibles.*, rattachements.iep
    from cibles
    inner join {{ base }}intermediaire.int_sejours_venues as rattachements
        on cibles.finess_ej = rattachements.finess_ej and cibles.unite_id = rattachements.sejour_id
    where cibles.unite in ('séjour', 'venue')

    union

    select cibles.*, cibles.unite_id
    from cibles
    where cibles.unite in ('consultation', 'venue')

    union

    select cibles.*, mois.iep
    from cibles
    inner join {{ base }}intermediaire.int_venues_mois as mois
        on
            cibles.finess_ej = mois.finess_ej
            and cibles.unite_id = mois.ipp
            and mois.periode_debut between date_trunc('month', cibles.periode_debut) and cibles.periode_fin
    where cibles.unite = 'patient'

    union

    select cibles.*, versions.iep_document
    from cibles
    inner join {{ base }}intermediaire.int_versions as versions
        on cibles.finess_ej = versions.finess_ej and cibles.unite_id = versions.set_id
    where cibles.unite in ('compte rendu', 'document') and versions.iep_document is not null

),

patients as (

    select cibles.*, cibles.unite_id as ipp
    from cibles
    where cibles.unite = 'patient'

    union

    select venues.* exclude (iep), connues.ipp
    from venues
    inner join {{ base }}intermediaire.int_venues as connues
        on venues.finess_ej = connues.finess_ej and venues.iep = connues.iep
    where connues.ipp is not null

    union

    select cibles.*, versions.ipp_document
    from cibles
    inner join {{ base }}intermediaire.int_versions as versions
        on cibles.finess_ej = versions.finess_ej and cibles.unite_id = versions.set_id
    where cibles.unite in ('compte rendu', 'document') and versions.ipp_document is not null

),

lies as (

    select finess_ej, unite, unite_id, periode_debut, 'iep' as genre, iep as objet, true as proche
    from venues

    union

    select finess_ej, unite, unite_id, periode_debut, 'ipp', ipp, true
    from patients

    union

    select finess_ej, unite, unite_id, periode_debut, 'destinataire', ipp, unite = 'patient'
    from patients

    union

    select finess_ej, unite, unite_id, periode_debut, 'document', unite_id, true
    from cibles
    where unite in ('compte rendu', 'document')

    union

    select venues.finess_ej, venues.unite, venues.unite_id, venues.periode_debut, 'document', versions.set_id, true
    from venues
    inner join {{ base }}intermediaire.int_versions as versions
        on venues.finess_ej = versions.finess_ej and venues.iep = versions.iep
    where venues.unite not in ('compte rendu', 'document')

    union

    select patients.finess_ej, patients.unite, patients.unite_id, patients.periode_debut, 'document', versions.set_id, false
    from patients
    inner join {{ base }}intermediaire.int_versions as versions
        on patients.finess_ej = versions.finess_ej and patients.ipp = versions.ipp_document
    where patients.unite not in ('compte rendu', 'document')

    union

    select finess_ej, unite, unite_id, periode_debut, 'correspondant', unite_id, true
    from cibles
    where unite = 'correspondant'

)

select finess_ej, unite, unite_id, periode_debut, genre, objet, bool_or(proche) as proche
from lies
group by all
