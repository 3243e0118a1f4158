-- National verification: the operator sees submission sets, not ordonnances. Sets of ordonnances N1 with a qualified
-- INS, not scanned, attached to a séjour, fed in the month; no figure of the operator.

with traces as (

    select
        alimentations.finess_ej,
        alimentations.mois as periode_debut,
        count(distinct alimentations.lot_id) as valeur
    from {{ ref('int_alimentations') }} as alimentations
    inner join {{ ref('int_sejours_venues') }} as rattachements
        on
            alimentations.finess_ej = rattachements.finess_ej
            and alimentations.iep = rattachements.iep
    inner join {{ ref('int_sejours') }} as sejours
        on
            rattachements.sejour_id = sejours.sejour_id
            and sejours.retenu
    where
        alimentations.famille = 'ODS'
        and alimentations.niveau_cda = 'N1'
        and alimentations.ins_qualifiee
        and not alimentations.numerise
    group by alimentations.finess_ej, alimentations.mois

)

{{ calculer_taux('P1.O2.ODS', ref('pop_hopen2_p1_o2_ordonnance_sortie'), traces='traces') }}
