select
    finess_ej,
    mois,
    nb_messages_pro_avec_document,
    nb_correspondants_pro,
    nb_patients_citoyenne,
    taux_equipement,
    ligne_source
from {{ source('depot', 'national_ans_mssante') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'national_ans_mssante_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
