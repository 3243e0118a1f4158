select
    finess_ej,
    mois,
    nb_messages_pro_avec_document,
    nb_correspondants_pro,
    nb_patients_citoyenne,
    taux_equipement,
    ligne_source
from {{ source('depot', 'national_ans_mssante') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'national_ans_mssante_remplacees') }})
