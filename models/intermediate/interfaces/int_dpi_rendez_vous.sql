-- Appointments, under the identity that messages say is theirs.
-- « A40, A47 and A44 move what the tables carry too »: what was extracted before, or after under the former number.

select
    lignes.finess_ej,
    lignes.rdv_id,
    lignes.type_rdv,
    coalesce(venues_deplacees.ipp, absorptions.ipp_final, lignes.ipp) as ipp,
    lignes.iep,
    lignes.date_realisation,
    lignes.programme,
    lignes.outil_planification,
    lignes.outil_partage,
    lignes.plateau_interne,
    lignes.modalite,
    lignes.ligne_source
from {{ ref('stg_dpi__rendez_vous_tables') }} as lignes
left join {{ ref('int_gam_messages_deplacements') }} as venues_deplacees
    on
        lignes.finess_ej = venues_deplacees.finess_ej
        and lignes.iep = venues_deplacees.numero
        and lignes.extrait_le <= venues_deplacees.date_message
left join {{ ref('int_gam_absorptions') }} as absorptions
    on
        lignes.finess_ej = absorptions.finess_ej
        and lignes.ipp = absorptions.ipp
        and lignes.extrait_le >= absorptions.date_debut
        and lignes.extrait_le < absorptions.date_fin
