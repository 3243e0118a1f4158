-- SUN-ES, fenêtre par fenêtre : une ligne par établissement, fenêtre et indicateur, avec son meilleur mois et si la cible est
-- atteinte. Une cible l'est dans une fenêtre quand un de ses mois applicables, complet ou non, atteint celle de la fenêtre ;
-- les indicateurs peuvent l'être dans des mois différents, et les fenêtres se recouvrent. DS4.3 est déclaré : la dernière
-- déclaration faite au plus tard le dernier jour de la fenêtre, et connue au jour de l'extraction.
-- motif : pourquoi la cible n'est pas atteinte — pas de cible dans la fenêtre, activité absente, flux absent, aucun cas,
-- aucune donnée pour ces mois, un taux sous la cible, une déclaration qui n'est pas OUI.

with mois as (

    select indicateur, finess_ej, periode_debut, numerateur, denominateur, taux, motif_non_applicable
    from {{ ref('sun_es_ds1_1_lettre_liaison') }}

    union all

    select indicateur, finess_ej, periode_debut, numerateur, denominateur, taux, motif_non_applicable
    from {{ ref('sun_es_ds1_2_ordonnance_sortie') }}

    union all

    select indicateur, finess_ej, periode_debut, numerateur, denominateur, taux, motif_non_applicable
    from {{ ref('sun_es_ds1_3_compte_rendu_operatoire') }}

    union all

    select indicateur, finess_ej, periode_debut, numerateur, denominateur, taux, motif_non_applicable
    from {{ ref('sun_es_ds1_4_historique') }}

    union all

    select indicateur, finess_ej, periode_debut, numerateur, denominateur, taux, motif_non_applicable
    from {{ ref('sun_es_ds2_1_biologie') }}

    union all

    select indicateur, finess_ej, periode_debut, numerateur, denominateur, taux, motif_non_applicable
    from {{ ref('sun_es_ds3_1_imagerie') }}

    union all

    select indicateur, finess_ej, periode_debut, numerateur, denominateur, taux, motif_non_applicable
    from {{ ref('sun_es_ds4_1_mss_pro') }}

    union all

    select indicateur, finess_ej, periode_debut, numerateur, denominateur, taux, motif_non_applicable
    from {{ ref('sun_es_ds4_2_mss_citoyenne') }}

),

cadre as (

    select
        etablissements.finess_ej,
        fenetres.fenetre,
        fenetres.date_debut,
        fenetres.date_fin,
        indicateurs.ordre,
        indicateurs.indicateur,
        {{ possede_activite('indicateurs.activite', 'etablissements') }} as activite_presente,
        cibles.cible
    from {{ ref('stg_reference__etablissements') }} as etablissements
    cross join {{ ref('fenetres_sun_es') }} as fenetres
    inner join {{ ref('catalogue_indicateurs') }} as indicateurs
        on indicateurs.programme = 'SUN_ES'
    left join {{ ref('cibles') }} as cibles
        on
            indicateurs.indicateur = cibles.indicateur
            and fenetres.date_debut = coalesce(cibles.date_debut, fenetres.date_debut)
            -- A declaration is asked for in the windows that finance volet 2.
            and (indicateurs.nature <> 'declaratif' or fenetres.part_volet_2 > 0)

),

mois_classes as (

    select
        cadre.finess_ej,
        cadre.fenetre,
        mois.indicateur,
        mois.periode_debut,
        mois.numerateur,
        mois.denominateur,
        mois.taux,
        -- « the window's target »: two windows share months, each judges them on its own.
        mois.motif_non_applicable is null and mois.taux >= cadre.cible as cible_atteinte,
        mois.motif_non_applicable,
        row_number() over (
            partition by cadre.finess_ej, cadre.fenetre, mois.indicateur
            order by
                case when mois.motif_non_applicable is null then 0 else 1 end asc,
                mois.taux desc nulls last,
                mois.denominateur desc,
                mois.periode_debut asc
        ) as rang
    from cadre
    inner join mois
        on
            cadre.finess_ej = mois.finess_ej
            and cadre.indicateur = mois.indicateur
            and mois.periode_debut between cadre.date_debut and cadre.date_fin

),

bilan as (

    select
        finess_ej,
        fenetre,
        indicateur,
        max(case when rang = 1 then motif_non_applicable end) as motif_non_applicable,
        max(case when rang = 1 and motif_non_applicable is null then periode_debut end) as meilleur_mois,
        max(case when rang = 1 then numerateur end) as numerateur,
        max(case when rang = 1 then denominateur end) as denominateur,
        max(case when rang = 1 then taux end) as taux,
        count(*) filter (where motif_non_applicable is null) as nb_mois_applicables,
        count(*) filter (where cible_atteinte) as nb_mois_atteints,
        min(case when cible_atteinte then periode_debut end) as premier_mois_atteint
    from mois_classes
    group by finess_ej, fenetre, indicateur

),

declarations as (

    select
        cadre.finess_ej,
        cadre.fenetre,
        cadre.indicateur,
        max_by(declarations.valeur, declarations.date_declaration) as valeur
    from cadre
    inner join {{ ref('stg_declaratif__declarations') }} as declarations
        on
            cadre.finess_ej = declarations.finess_ej
            and cadre.indicateur = declarations.code
            and cadre.date_fin >= declarations.date_declaration
            and declarations.date_declaration <= {{ date_extraction() }}
    group by cadre.finess_ej, cadre.fenetre, cadre.indicateur

)

select
    'SUN_ES' as programme,
    cadre.indicateur,
    cadre.finess_ej,
    cadre.fenetre,
    cadre.date_debut,
    cadre.date_fin,
    cadre.cible,
    bilan.meilleur_mois,
    bilan.numerateur,
    bilan.denominateur,
    bilan.taux,
    declarations.valeur as valeur_declaree,
    coalesce(bilan.nb_mois_applicables, 0) as nb_mois_applicables,
    bilan.premier_mois_atteint,
    cadre.cible is not null
    and (coalesce(bilan.nb_mois_atteints, 0) > 0 or coalesce(declarations.valeur = 'OUI', false)) as atteinte,
    case
        when cadre.cible is null then 'SANS_CIBLE'
        when not cadre.activite_presente then 'ACTIVITE_ABSENTE'
        when coalesce(bilan.nb_mois_atteints, 0) > 0 or coalesce(declarations.valeur = 'OUI', false) then null
        when declarations.valeur is not null then 'DECLARATION_NEGATIVE'
        when bilan.nb_mois_applicables > 0 then 'SOUS_LA_CIBLE'
        when bilan.motif_non_applicable is not null then bilan.motif_non_applicable
        else 'AUCUNE_DONNEE'
    end as motif
from cadre
left join bilan
    on
        cadre.finess_ej = bilan.finess_ej
        and cadre.fenetre = bilan.fenetre
        and cadre.indicateur = bilan.indicateur
left join declarations
    on
        cadre.finess_ej = declarations.finess_ej
        and cadre.fenetre = declarations.fenetre
        and cadre.indicateur = declarations.indicateur
order by cadre.finess_ej, cadre.fenetre, cadre.indicateur
