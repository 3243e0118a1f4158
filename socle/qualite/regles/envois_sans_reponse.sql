-- objet: staging.stg_dpi__transmissions_dmp
-- dimension: fraicheur
-- severite: alerte
-- titre: Envois au DMP restés sans acquittement
-- explication: Le statut est « en cours » ou « inconnu » depuis trop longtemps : le document n’est pas compté alimenté.
-- remede: Récupérer les acquittements auprès de l’interface DMP, puis redéposer l’export.
-- population: select count(*) from staging.stg_dpi__transmissions_dmp
select
    envois.finess_ej,
    strftime(envois.date_envoi, '%Y-%m') as detail
from staging.stg_dpi__transmissions_dmp as envois
cross join controle.seuils
where
    envois.statut in ('EN_COURS', 'INCONNU')
    and date_diff('day', cast(envois.date_envoi as date), seuils.date_extraction) > seuils.sans_reponse_jours
