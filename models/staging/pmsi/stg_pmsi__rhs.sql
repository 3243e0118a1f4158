select
    finess_ej,
    finess_pmsi,
    numero_sejour,
    nda,
    version_classification,
    categorie_majeure,
    code_groupe,
    code_retour,
    indicateur_erreur,
    date_entree,
    date_sortie,
    date_naissance,
    sexe,
    type_hospitalisation,
    date_entree_um,
    mode_entree,
    provenance,
    date_sortie_um,
    mode_sortie,
    destination,
    semaine,
    presence_semaine,
    presence_week_end,
    unite_medicale,
    type_autorisation,
    date_intervention,
    finalite_principale,
    manifestation_morbide,
    affection_etiologique,
    nb_diagnostics_associes,
    nb_actes_csarr,
    nb_actes_csar,
    nb_actes_ccam,
    version_format,
    ligne_source
from {{ source('depot', 'pmsi_rhs') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'pmsi_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
