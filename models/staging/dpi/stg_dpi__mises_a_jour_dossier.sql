select
    finess_ej,
    iep,
    date_mise_a_jour,
    ligne_source
from {{ source('depot', 'dpi_mises_a_jour_dossier') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'dpi_mises_a_jour_dossier_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
