-- objet: staging.stg_dpi__transmissions_mss
-- dimension: coherence
-- severite: alerte
-- titre: Messages MSSanté qui portent un document inconnu
-- explication: Le type et le format du document manquent : le message ne compte pas là où ils sont exigés.
-- remede: Exporter les documents sur toute la période des messages, avec le même identifiant.
-- population: select count(*) from staging.stg_dpi__transmissions_mss where document_id is not null
select
    messages.finess_ej,
    strftime(messages.date_envoi, '%Y-%m') as detail
from staging.stg_dpi__transmissions_mss as messages
left join staging.stg_dpi__documents as documents
    on
        messages.finess_ej = documents.finess_ej
        and messages.document_id = documents.document_id
where
    messages.document_id is not null
    and documents.document_id is null
