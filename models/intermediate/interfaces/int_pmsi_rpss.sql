-- RPSS under the identity that the messages say is theirs: the one that lives on after the merges of their IPP. They bear no
-- date of extraction, so the last word of the messages is theirs; an identity that a table of patients still knows is not moved.

select
    lignes.finess_ej,
    lignes.finess_pmsi,
    lignes.finess_geo,
    lignes.numero_sejour,
    coalesce(absorptions.ipp_final, lignes.ipp) as ipp,
    lignes.date_entree,
    lignes.date_sortie,
    lignes.ligne_source
from {{ ref('stg_pmsi__rpss') }} as lignes
left join {{ ref('int_gam_absorptions') }} as absorptions
    on
        lignes.finess_ej = absorptions.finess_ej
        and lignes.ipp = absorptions.ipp
        and absorptions.date_fin = timestamp '9999-12-31'
