-- VID-HOSP under the identity that the messages say is its: that of the patient to whom its stay was moved, else the one that
-- lives on after the merges of its IPP. It bears no date of extraction, so the last word of the messages is theirs; an identity
-- that a table of patients still knows is not moved.

select
    lignes.finess_ej,
    lignes.finess_pmsi,
    lignes.nda,
    coalesce(deplacements.ipp, absorptions.ipp_final, lignes.ipp) as ipp,
    lignes.ligne_source
from {{ ref('stg_pmsi__vidhosp') }} as lignes
left join {{ ref('int_gam_messages_deplacements') }} as deplacements
    on
        lignes.finess_ej = deplacements.finess_ej
        and lignes.nda = deplacements.numero
left join {{ ref('int_gam_absorptions') }} as absorptions
    on
        lignes.finess_ej = absorptions.finess_ej
        and lignes.ipp = absorptions.ipp
        and absorptions.date_fin = timestamp '9999-12-31'
