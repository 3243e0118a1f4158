-- objet: qualite.anomalies_pmsi
-- dimension: exactitude
-- severite: alerte
-- titre: Séjours PMSI en erreur de groupage, en double ou sans numéro administratif
-- explication: Un séjour en erreur (CMD 90 ou GHM vide) compte comme un séjour MCO sans savoir s’il est chirurgical ; sans
--   numéro administratif (NDA), il ne se rattache à aucun document ; deux RSS d’un même NDA, de mêmes dates et de même GHM
--   sous deux numéros sont sans doute le même.
-- remede: Corriger le résumé au DIM puis redéposer le fichier groupé.
select
    anomalies.finess_ej,
    concat(
        anomalies.champ, ', ',
        case anomalies.anomalie
            when 'ERREUR_GROUPAGE' then 'erreur de groupage'
            when 'NDA_ABSENT' then 'NDA absent'
            when 'RSS_EN_DOUBLE' then 'RSS en double'
            else anomalies.anomalie
        end
    ) as detail
from qualite.anomalies_pmsi as anomalies
-- One row per venue.
cross join range(anomalies.nb_venues)
-- Venues without a patient have their own rule, whatever their source.
where anomalies.anomalie <> 'SANS_IPP'
