-- Les consultations externes, au mois et au trimestre glissant de leur jour : une ligne par venue EXTERNE et période.
-- Facturée ou non, médicale ou non : chaque indicateur dit lesquelles il compte.

select
    venues.finess_ej,
    venues.iep,
    venues.ipp,
    venues.date_entree,
    venues.facturation_ace,
    venues.source_facturation,
    venues.consultation_medicale,
    venues.est_consultation_facturee,
    periodes.nature,
    periodes.periode_debut,
    periodes.periode_fin
from {{ ref('int_venues') }} as venues
inner join {{ ref('int_periodes') }} as periodes
    on
        venues.finess_ej = periodes.finess_ej
        and venues.date_entree between periodes.periode_debut and periodes.periode_fin
        and periodes.nature in ('mois', 'trimestre_glissant')
where venues.champ = 'EXTERNE'
