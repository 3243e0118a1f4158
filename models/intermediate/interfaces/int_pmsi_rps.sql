{{ config(materialized='ephemeral') }}

-- RPS under the identity that the messages say is theirs: the one that lives on after the merges of their IPP. They bear no
-- date of extraction, so the last word of the messages is theirs; an identity that a table of patients still knows is not moved.

select
    lignes.finess_ej,
    lignes.finess_pmsi,
    lignes.finess_geo,
    coalesce(absorptions.ipp_final, lignes.ipp) as ipp,
    lignes.date_naissance,
    lignes.sexe,
    lignes.forme_activite,
    lignes.numero_sejour,
    lignes.date_entree,
    lignes.mode_entree,
    lignes.provenance,
    lignes.date_sortie,
    lignes.mode_sortie,
    lignes.destination,
    lignes.unite_medicale,
    lignes.secteur,
    lignes.mode_legal_soins,
    lignes.date_debut_sequence,
    lignes.date_fin_sequence,
    lignes.nb_jours_presence,
    lignes.nb_demi_journees_presence,
    lignes.nb_jours_isolement,
    lignes.diagnostic_principal,
    lignes.nb_diagnostics_associes,
    lignes.nb_actes,
    lignes.version_format,
    lignes.ligne_source
from {{ ref('stg_pmsi__rps') }} as lignes
left join {{ ref('int_gam_absorptions') }} as absorptions
    on
        lignes.finess_ej = absorptions.finess_ej
        and lignes.ipp = absorptions.ipp
        and absorptions.date_fin = timestamp '9999-12-31'
