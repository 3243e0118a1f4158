-- What a deposit keeps the facts of, besides what its units are made of: all that its period holds, counted or not. What is not
-- there when it is compared was not there when it was made.
-- The first arm of a union names the columns. -- noqa: disable=AL03,AL08
with venues as (

    select finess_ej, iep, ipp
    from {{ base }}intermediaire.int_venues
    where finess_ej = {{ finess }} and date_entree <= cast({{ fin }} as date) and dernier_jour >= cast({{ debut }} as date)

),

patients as (

    select finess_ej, ipp
    from venues
    where ipp is not null
    union
    select finess_ej, objet as ipp
    from objets_avant
    where genre = 'ipp'

),

documents as (

    select versions.finess_ej, versions.set_id
    from {{ base }}intermediaire.int_versions as versions
    left join venues
        on versions.finess_ej = venues.finess_ej and versions.iep = venues.iep
    left join patients
        on versions.finess_ej = patients.finess_ej and versions.ipp_document = patients.ipp
    where
        versions.finess_ej = {{ finess }}
        and (
            venues.iep is not null
            or patients.ipp is not null
            or versions.date_creation between cast({{ debut }} as date) and cast({{ fin }} as date)
        )

)

select finess_ej, genre, objet from objets_avant
union
select finess_ej, 'iep', iep from venues
union
select finess_ej, 'ipp', ipp from patients
union
select finess_ej, 'destinataire', ipp from patients
union
select finess_ej, 'document', set_id from documents
union
select finess_ej, 'correspondant', correspondant_id
from {{ base }}intermediaire.int_correspondants_concernes
where finess_ej = {{ finess }} and periode_fin >= cast({{ debut }} as date) and periode_debut <= cast({{ fin }} as date)
