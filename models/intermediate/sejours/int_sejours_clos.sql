-- Les séjours clos, au mois et au trimestre glissant de leur sortie : une ligne par séjour et période.
-- Guide HOP'EN2 phase 1, « séjours clôturés dans le mois » ; HOP'EN, « séjours des trois mois ».

select
    sejours.sejour_id,
    sejours.finess_ej,
    sejours.ipp,
    sejours.activite,
    sejours.date_entree,
    sejours.date_sortie,
    sejours.provisoire,
    sejours.retenu,
    sejours.a_un_dmp_a_l_entree,
    sejours.a_un_dmp_a_la_sortie,
    sejours.oppose_a_la_sortie,
    periodes.nature,
    periodes.periode_debut,
    periodes.periode_fin
from {{ ref('int_sejours') }} as sejours
inner join {{ ref('int_periodes') }} as periodes
    on
        sejours.finess_ej = periodes.finess_ej
        and sejours.date_sortie between periodes.periode_debut and periodes.periode_fin
        and periodes.nature in ('mois', 'trimestre_glissant')
where sejours.clos
