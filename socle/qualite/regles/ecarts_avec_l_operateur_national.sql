-- objet: qualite.rapprochement_national
-- dimension: exactitude
-- severite: alerte
-- titre: Écarts entre les traces de l’établissement et l’opérateur national
-- explication: La CNAM ou l’ANS n’a pas compté ce que les traces de l’établissement disent lui avoir envoyé ; c’est sur
--   son chiffre que l’indicateur sera vérifié.
-- remede: Lire qualite.rapprochement_national, qui classe les documents du mois, puis interroger l’opérateur.
-- population: select count(*) from qualite.rapprochement_national where nb_constate is not null
select
    rapprochement.finess_ej,
    concat_ws(
        ', ',
        rapprochement.mesure,
        case when rapprochement.type_code <> 'TOUS' then coalesce(rapprochement.libelle_type, 'autre type') end,
        strftime(rapprochement.mois, '%Y-%m')
    ) as detail
from qualite.rapprochement_national as rapprochement
cross join controle.seuils
where
    greatest(rapprochement.nb_constate, rapprochement.nb_traces) >= seuils.ecart_national_minimal
    and abs(rapprochement.nb_constate - rapprochement.nb_traces) * 100
    > seuils.ecart_national_pourcent * rapprochement.nb_constate
    -- The month under way is not counted yet.
    and last_day(rapprochement.mois) <= seuils.date_extraction
