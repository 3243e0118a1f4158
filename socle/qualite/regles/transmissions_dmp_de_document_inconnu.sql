-- objet: staging.stg_dpi__transmissions_dmp
-- dimension: coherence
-- severite: alerte
-- titre: Envois au DMP d’un document inconnu
-- explication: L’envoi d’un document qui n’est pas dans l’export des documents ne compte jamais.
-- remede: Exporter les documents sur toute la période des envois, avec le même identifiant.
-- population: select count(*) from staging.stg_dpi__transmissions_dmp
select
    envois.finess_ej,
    strftime(envois.date_envoi, '%Y-%m') as detail
from staging.stg_dpi__transmissions_dmp as envois
left join staging.stg_dpi__documents as documents
    on
        envois.finess_ej = documents.finess_ej
        and envois.document_id = documents.document_id
where documents.document_id is null
