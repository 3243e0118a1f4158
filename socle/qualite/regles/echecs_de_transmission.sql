-- objet: staging.stg_dpi__transmissions_dmp
-- dimension: exactitude
-- severite: alerte
-- titre: Mois où beaucoup d’envois au DMP échouent
-- explication: La part des envois refusés du mois dépasse le seuil ; chaque refus laisse un document hors du DMP.
-- remede: Lire les codes d’erreur de l’interface DMP (DMP fermé, INS non qualifiée, certificat expiré).
with mois as (

    select
        finess_ej,
        cast(date_trunc('month', date_envoi) as date) as mois,
        count(*) as nb,
        count(*) filter (where statut = 'ECHEC') as nb_echecs
    from staging.stg_dpi__transmissions_dmp
    group by finess_ej, cast(date_trunc('month', date_envoi) as date)

)

select
    mois.finess_ej,
    strftime(mois.mois, '%Y-%m') as detail
from mois
cross join controle.seuils
inner join controle.volumes_mensuels
    on
        mois.finess_ej = volumes_mensuels.finess_ej
        and mois.mois = volumes_mensuels.mois
        and volumes_mensuels.flux = 'dpi/transmissions_dmp'
where
    mois.nb >= seuils.volume_mensuel_minimal
    and mois.nb_echecs * 100 > mois.nb * seuils.echecs_transmission_pourcent
    and volumes_mensuels.anciennete <= seuils.mois_surveilles
