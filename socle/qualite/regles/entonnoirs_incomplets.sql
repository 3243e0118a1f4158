-- objet: marts.entonnoir
-- dimension: coherence
-- severite: bloquante
-- titre: Entonnoirs dont les étapes ne font pas le total
-- explication: Les étapes d’un entonnoir s’ajoutent en le dénominateur de son indicateur, et la dernière est son
--   numérateur. Un écart est un défaut de calcul.
-- remede: Signaler l’indicateur et le mois au mainteneur de socle.
-- population: select count(*) from marts.entonnoir
with entonnoirs as (

    select
        indicateur,
        finess_ej,
        periode_debut,
        sum(nb) as nb_unites,
        sum(case when etape = 'ALIMENTE' then nb end) as nb_alimentees
    from marts.entonnoir
    group by indicateur, finess_ej, periode_debut

),

attendus as (

    select
        indicateurs.indicateur,
        indicateurs.finess_ej,
        indicateurs.periode_debut,
        indicateurs.denominateur,
        indicateurs.numerateur
    from marts.indicateurs as indicateurs
    inner join reference.catalogue_indicateurs as catalogue
        on
            indicateurs.indicateur = catalogue.indicateur
            and catalogue.entonnoir = 'oui'

)

select
    coalesce(attendus.finess_ej, entonnoirs.finess_ej, 'Tous') as finess_ej,
    concat_ws(
        ' de ',
        coalesce(attendus.indicateur, entonnoirs.indicateur),
        strftime(coalesce(attendus.periode_debut, entonnoirs.periode_debut), '%Y-%m')
    ) as detail
from attendus
full outer join entonnoirs
    on
        attendus.indicateur = entonnoirs.indicateur
        and attendus.finess_ej = entonnoirs.finess_ej
        and attendus.periode_debut = entonnoirs.periode_debut
where
    attendus.denominateur is distinct from entonnoirs.nb_unites
    or attendus.numerateur is distinct from entonnoirs.nb_alimentees
