select
    finess_ej,
    type_enregistrement,
    finess_pmsi,
    finess_geo,
    numero_entree,
    numero_facture,
    sexe,
    date_naissance,
    nature_operation,
    sejour_facturable,
    motif_non_facturation,
    date_entree,
    date_sortie,
    ipp,
    ins_matricule,
    mode_traitement,
    discipline_prestation,
    specialite_executant,
    date_soins,
    code_acte,
    quantite,
    montant_honoraires,
    activite_ccam,
    phase_ccam,
    version_format,
    ligne_source
from {{ source('depot', 'pmsi_rsf') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'pmsi_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
