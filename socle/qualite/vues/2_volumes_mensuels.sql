-- Volume of each dated flux that an establishment sends, months without any event included: one row per
-- establishment, flux and month that was over when the establishment last sent a file.
create table controle.volumes_mensuels as
with dernieres_extractions as (

    select
        etablissements.finess_ej,
        least(coalesce(max(fichiers.date_extraction), max(seuils.date_extraction)), max(seuils.date_extraction)) as jour
    from staging.stg_reference__etablissements as etablissements
    cross join controle.seuils
    left join qualite.fichiers
        on etablissements.finess_ej = fichiers.finess_ej
    group by etablissements.finess_ej

),

volumes as (

    select
        finess_ej,
        flux,
        cast(date_trunc('month', jour) as date) as mois,
        sum(nb) as nb
    from controle.evenements
    group by finess_ej, flux, cast(date_trunc('month', jour) as date)

),

flux_envoyes as (

    select distinct
        finess_ej,
        flux
    from volumes

),

grille as (

    select
        mois.finess_ej,
        flux_envoyes.flux,
        mois.periode_debut as mois
    from intermediaire.int_periodes as mois
    inner join flux_envoyes
        on mois.finess_ej = flux_envoyes.finess_ej
    inner join dernieres_extractions
        on
            mois.finess_ej = dernieres_extractions.finess_ej
            and mois.periode_fin <= dernieres_extractions.jour
    where mois.nature = 'mois'

)

select
    grille.finess_ej,
    grille.flux,
    grille.mois,
    coalesce(volumes.nb, 0) as nb,
    avg(coalesce(volumes.nb, 0)) over (
        partition by grille.finess_ej, grille.flux order by grille.mois
        rows between 3 preceding and 1 preceding
    ) as moyenne_3_mois,
    avg(coalesce(volumes.nb, 0)) over (
        partition by grille.finess_ej, grille.flux order by grille.mois
        rows between unbounded preceding and 1 preceding
    ) as moyenne_anterieure,
    row_number() over (partition by grille.finess_ej, grille.flux order by grille.mois desc) as anciennete
from grille
left join volumes
    on
        grille.finess_ej = volumes.finess_ej
        and grille.flux = volumes.flux
        and grille.mois = volumes.mois
