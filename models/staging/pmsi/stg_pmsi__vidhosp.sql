select
    finess_ej,
    date_naissance,
    sexe,
    nda,
    finess_pmsi,
    sejour_facturable,
    motif_non_facturation,
    nda_mere,
    nouveau_ne_aupres_de_la_mere,
    date_hospitalisation,
    numero_entree,
    rang_naissance,
    date_entree,
    date_sortie,
    ipp,
    ins_matricule,
    nb_disciplines,
    version_format,
    ligne_source
from {{ source('depot', 'pmsi_vidhosp') }}
where ligne_source not in (select ligne_source from {{ source('depot', 'pmsi_remplacees') }})
