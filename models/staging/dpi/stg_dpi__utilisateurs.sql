select
    finess_ej,
    utilisateur_id,
    profil,
    actif,
    ligne_source
from {{ source('depot', 'dpi_utilisateurs') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'dpi_utilisateurs_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
