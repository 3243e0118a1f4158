-- objet: intermediaire.int_venues
-- dimension: completude
-- severite: alerte
-- titre: Venues sans patient (SANS_IPP)
-- explication: Aucune ligne VID-HOSP ne donne le patient de la venue : elle est gardée mais ne compte dans aucun
--   indicateur qui a besoin du patient.
-- remede: Déposer le fichier VID-HOSP de la même période que les résumés PMSI.
-- population: select count(*) from intermediaire.int_venues
select
    finess_ej,
    champ as detail
from intermediaire.int_venues
where ipp is null
