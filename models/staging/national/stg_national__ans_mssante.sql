select
    finess_ej,
    mois,
    nb_messages_pro_avec_document,
    nb_correspondants_pro,
    nb_patients_citoyenne,
    taux_equipement,
    ligne_source
from {{ flux() }}
