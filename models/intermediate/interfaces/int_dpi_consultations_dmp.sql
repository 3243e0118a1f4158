-- Consultations of the DMP, under the identity that messages say is theirs.
-- Rows are under the identity that messages say is theirs since they were extracted (macro ipp_actuel).

select
    lignes.finess_ej,
    lignes.transaction_id,
    lignes.transaction,
    lignes.utilisateur_id,
    {{ ipp_actuel(['iep']) }} as ipp,
    lignes.iep,
    lignes.type_code,
    lignes.date_transaction,
    lignes.statut,
    lignes.integre_dpi,
    lignes.ligne_source
from {{ ref('stg_dpi__consultations_dmp_tables') }} as lignes
{{ joindre_l_identite(ref('int_gam_messages_deplacements'), ref('int_gam_absorptions'), ['iep']) }}
