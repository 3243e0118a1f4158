{{ config(materialized='ephemeral') }}

-- RPSS under the identity that the messages say is theirs: the one that lives on after the merges of their IPP. They bear no
-- date of extraction, so the last word of the messages is theirs; an identity that a table of patients still knows is not moved.

select
    lignes.finess_ej,
    lignes.finess_pmsi,
    lignes.finess_geo,
    coalesce(absorptions.ipp_final, lignes.ipp) as ipp,
    lignes.numero_sejour,
    lignes.date_naissance,
    lignes.sexe,
    lignes.type_lieu_domicile,
    lignes.finess_esms,
    lignes.date_entree,
    lignes.mode_entree,
    lignes.provenance,
    lignes.date_sortie,
    lignes.mode_sortie,
    lignes.destination,
    lignes.numero_sequence,
    lignes.date_debut_sequence,
    lignes.date_fin_sequence,
    lignes.mode_prise_en_charge_principal,
    lignes.mode_prise_en_charge_associe,
    lignes.indice_karnofsky,
    lignes.nb_dcmpp,
    lignes.nb_dcmpa,
    lignes.nb_diagnostics_associes,
    lignes.numero_sous_sequence,
    lignes.date_debut_sous_sequence,
    lignes.date_fin_sous_sequence,
    lignes.derniere_sous_sequence,
    lignes.nb_actes,
    lignes.diagnostic_principal,
    lignes.numero_facture,
    lignes.version_format,
    lignes.ligne_source
from {{ ref('stg_pmsi__rpss') }} as lignes
left join {{ ref('int_gam_absorptions') }} as absorptions
    on
        lignes.finess_ej = absorptions.finess_ej
        and lignes.ipp = absorptions.ipp
        and absorptions.date_fin = timestamp '9999-12-31'
