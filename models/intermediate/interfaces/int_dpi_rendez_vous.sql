-- Appointments, under the identity that messages say is theirs.
-- Rows are under the identity that messages say is theirs since they were extracted (macro ipp_actuel).

select
    lignes.finess_ej,
    lignes.rdv_id,
    lignes.type_rdv,
    {{ ipp_actuel(['iep']) }} as ipp,
    lignes.iep,
    lignes.date_realisation,
    lignes.programme,
    lignes.outil_planification,
    lignes.outil_partage,
    lignes.plateau_interne,
    lignes.modalite,
    lignes.ligne_source
from {{ ref('stg_dpi__rendez_vous_tables') }} as lignes
{{ joindre_l_identite(ref('int_gam_messages_deplacements'), ref('int_gam_absorptions'), ['iep']) }}
