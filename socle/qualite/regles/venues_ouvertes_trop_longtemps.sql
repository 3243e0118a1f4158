-- objet: intermediaire.int_venues
-- dimension: exactitude
-- severite: alerte
-- titre: Hospitalisations ouvertes depuis trop longtemps
-- explication: Une sortie oubliée garde le séjour ouvert : il ne compte dans aucun mois, et le patient reste dans la
--   file active.
-- remede: Clore ces venues dans la GAM.
-- population: select count(*) from intermediaire.int_venues where est_hospitaliere
select
    venues.finess_ej,
    venues.champ as detail
from intermediaire.int_venues as venues
cross join controle.seuils
where
    venues.est_hospitaliere
    and venues.mode_hospitalisation is distinct from 'SEANCE'
    and venues.date_sortie is null
    and date_diff('day', venues.date_entree, seuils.date_extraction) > case venues.champ
        when 'MCO' then seuils.venue_ouverte_mco_jours
        when 'SMR' then seuils.venue_ouverte_smr_jours
        when 'HAD' then seuils.venue_ouverte_had_jours
        when 'PSY' then seuils.venue_ouverte_psy_jours
    end
