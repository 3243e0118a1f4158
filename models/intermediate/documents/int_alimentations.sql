-- What the operator received: one row per successful AJOUT or REMPLACEMENT of a known version, withdrawn since or not.

select
    envois.finess_ej,
    coalesce(envois.lot_id, envois.transmission_id) as lot_id,
    envois.reprise_historique,
    cast(envois.date_envoi as date) as date_envoi,
    {{ premier_du_mois('cast(envois.date_envoi as date)') }} as mois,
    versions.document_id,
    versions.set_id,
    versions.famille,
    versions.type_code,
    versions.type_code_document,
    versions.niveau_cda,
    versions.numerise,
    versions.ins_qualifiee,
    versions.ipp_document,
    versions.iep,
    versions.date_creation,
    versions.est_retire,
    versions.est_a_alimenter
from {{ ref('int_dpi_transmissions_dmp') }} as envois
inner join {{ ref('int_versions') }} as versions
    on
        envois.finess_ej = versions.finess_ej
        and envois.document_id = versions.document_id
where
    cast(envois.date_envoi as date) <= {{ date_extraction() }}
    and envois.operation <> 'SUPPRESSION'
    and envois.statut = 'REUSSI'
