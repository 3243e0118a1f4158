-- objet: intermediaire.int_dmp_patients
-- dimension: completude
-- severite: alerte
-- titre: Part des patients qui ont un DMP plus basse qu’attendu
-- explication: Le guide s’attend à ce que plus de 90 % des patients aient un DMP. Moins, parmi ceux du dernier mois
--   complet, dit plutôt que leur DMP n’est pas testé, ou que le test n’est pas exporté.
-- remede: Vérifier le test d’existence du DMP à l’admission et l’export de son résultat (gam/statuts_dmp).
with patients as (

    select distinct
        venues.finess_ej,
        venues.ipp,
        venues.periode_fin
    from intermediaire.int_venues_mois as venues
    cross join controle.seuils
    where venues.ipp is not null and venues.periode_fin <= seuils.date_extraction
    qualify venues.periode_fin = max(venues.periode_fin) over (partition by venues.finess_ej)

)

select
    patients.finess_ej,
    strftime(max(patients.periode_fin), '%Y-%m') as detail
from patients
cross join controle.seuils
left join intermediaire.int_dmp_patients as dmp
    on
        patients.finess_ej = dmp.finess_ej
        and patients.ipp = dmp.ipp
        and patients.periode_fin between dmp.valable_du and dmp.valable_au
where patients.finess_ej in (select finess_ej from intermediaire.int_dmp_patients)
group by patients.finess_ej
having avg(case when dmp.a_un_dmp then 100.0 else 0 end) < any_value(seuils.patients_avec_dmp_pourcent)
