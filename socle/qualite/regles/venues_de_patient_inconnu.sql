-- objet: intermediaire.int_venues
-- dimension: coherence
-- severite: alerte
-- titre: Venues dont le patient n’est pas dans l’export des patients
-- explication: L’identité du patient manque : il sort de l’indicateur INS, et son âge est inconnu pour l’HAD.
-- remede: Exporter les patients sur toute la période des venues.
-- population: select count(*) from intermediaire.int_venues where ipp is not null
select
    venues.finess_ej,
    venues.champ as detail
from intermediaire.int_venues as venues
left join staging.stg_gam__patients as patients
    on
        venues.finess_ej = patients.finess_ej
        and venues.ipp = patients.ipp
where
    venues.ipp is not null
    and patients.ipp is null
