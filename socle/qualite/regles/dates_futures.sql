-- objet: qualite.fichiers
-- dimension: exactitude
-- severite: alerte
-- titre: Événements datés après la date d’extraction
-- explication: Ce qui est postérieur à la date d’extraction n’est pas compté. Une date future tient à une horloge, à une
--   saisie ou à une date d’extraction trop ancienne.
-- remede: Corriger la saisie, ou la date d’extraction (SOCLE_DATE_EXTRACTION).
-- population: select sum(nb) from controle.evenements
select
    evenements.finess_ej,
    evenements.flux as detail
from controle.evenements
cross join controle.seuils
-- One row per event.
cross join range(evenements.nb)
where evenements.jour > seuils.date_extraction
