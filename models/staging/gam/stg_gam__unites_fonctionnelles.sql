select
    finess_ej,
    uf,
    service_id,
    libelle,
    champ,
    mode_hospitalisation,
    type_seance,
    ligne_source
from {{ source('depot', 'gam_unites_fonctionnelles') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'gam_unites_fonctionnelles_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
