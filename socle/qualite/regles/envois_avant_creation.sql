-- objet: staging.stg_dpi__transmissions_dmp
-- dimension: exactitude
-- severite: alerte
-- titre: Documents envoyés au DMP avant leur création
-- explication: La date d’envoi précède celle du document : l’une des deux est fausse.
-- remede: Vérifier la date de création exportée par le DPI (date de l’acte plutôt que de la validation ?).
-- population: select count(*) from staging.stg_dpi__transmissions_dmp
select
    envois.finess_ej,
    strftime(envois.date_envoi, '%Y-%m') as detail
from staging.stg_dpi__transmissions_dmp as envois
inner join staging.stg_dpi__documents as documents
    on
        envois.finess_ej = documents.finess_ej
        and envois.document_id = documents.document_id
where cast(envois.date_envoi as date) < cast(documents.date_creation as date)
