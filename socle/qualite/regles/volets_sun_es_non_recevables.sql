-- objet: marts.prerequis
-- dimension: completude
-- severite: alerte
-- titre: Volet SUN-ES dont un prérequis manque
-- explication: La candidature n’est recevable que si tous les prérequis du volet sont déclarés atteints ; le volet 2
--   demande aussi ceux du volet 1.
-- remede: Réunir les pièces des prérequis manquants, puis les déclarer (declaratif/declarations).
with volets as (

    select distinct
        finess_ej,
        volet
    from marts.prerequis
    where programme = 'SUN_ES'

)

select
    volets.finess_ej,
    concat('volet ', volets.volet, ' : ', string_agg(requis.code, ', ' order by requis.ordre)) as detail
from volets
inner join marts.prerequis as requis
    on
        volets.finess_ej = requis.finess_ej
        and requis.programme = 'SUN_ES'
        and volets.volet >= requis.volet
where not requis.atteint
group by volets.finess_ej, volets.volet
