-- One row per identity that messages say another one absorbed, while it was so: what a table extracted meanwhile under the
-- former number belongs to ipp_final. An identity that the table of patients still knows is not moved.

select
    identites.finess_ej,
    identites.ipp,
    identites.date_debut,
    identites.date_fin,
    identites.ipp_final
from {{ ref('int_gam_messages_identites') }} as identites
where
    not exists (
        select 1
        from {{ ref('int_gam_patients') }} as patients
        where
            identites.finess_ej = patients.finess_ej
            and identites.ipp = patients.ipp
            and patients.source = 'TABLE'
    )
