select
    finess_ej,
    finess_pmsi,
    finess_geo,
    ipp,
    numero_sejour,
    date_naissance,
    sexe,
    type_lieu_domicile,
    finess_esms,
    date_entree,
    mode_entree,
    provenance,
    date_sortie,
    mode_sortie,
    destination,
    numero_sequence,
    date_debut_sequence,
    date_fin_sequence,
    mode_prise_en_charge_principal,
    mode_prise_en_charge_associe,
    indice_karnofsky,
    nb_dcmpp,
    nb_dcmpa,
    nb_diagnostics_associes,
    numero_sous_sequence,
    date_debut_sous_sequence,
    date_fin_sous_sequence,
    derniere_sous_sequence,
    nb_actes,
    diagnostic_principal,
    numero_facture,
    version_format,
    ligne_source
from {{ source('depot', 'pmsi_rpss') }} as lues
where
    not exists (
        select 1
        from {{ source('depot', 'pmsi_remplacees') }} as remplacees
        where lues.ligne_source = remplacees.ligne_source
    )
