-- The oSIS form of D2.2I, ready to copy: one row per establishment and month, the form's fields in the form's order.
-- Guide oSIS IFAQ 2023, § 6 b. Seed champs_osis gives the label of each column and who fills it. What follows the form
-- tells whether the month may be chosen, and which month is the best.

with documents_alimentes as (

    select distinct
        alimentations.finess_ej,
        alimentations.mois,
        coalesce(alimentations.type_code, '') || ' ' || coalesce(types.libelle, 'type hors nomenclature') as type_de_document
    from {{ ref('int_alimentations') }} as alimentations
    left join {{ ref('types_documents') }} as types
        on alimentations.type_code = types.type_code

),

listes_de_documents as (

    select
        finess_ej,
        mois,
        {{ liste_triee('type_de_document', 'type_de_document is not null') }} as types_de_documents
    from documents_alimentes
    group by finess_ej, mois

),

-- « Liste des documents alimentant automatiquement le DMP ».
listes_automatiques as (

    select
        finess_ej,
        periode_debut,
        {{ liste_triee("type_code || ' ' || libelle", 'automatique') }} as types_automatiques
    from {{ ref('documents_transmis') }}
    where canal = 'DMP'
    group by finess_ej, periode_debut

),

fichiers_de_la_cnam as (

    select
        finess_ej,
        {{ liste_triee('fichier', "flux = 'national/cnam_alimentation_dmp'") }} as fichiers
    from {{ ref('stg_reference__fichiers') }}
    where etat = 'LISIBLE'
    group by finess_ej

)

select
    indicateur.finess_ej,
    -- Without its files an indicator has not been measured: that is not « non applicable ».
    case
        when (indicateur.motif_non_applicable is distinct from 'FLUX_ABSENT') then not indicateur.applicable
    end as non_applicable,
    {{ mois_annee('indicateur.periode_debut') }} as periode_de_mesure,
    indicateur.nb_sejours_total,
    indicateur.numerateur as nb_sejours_dmp_alimente,
    indicateur.denominateur as nb_sejours_avec_dmp,
    indicateur.taux as taux_sejours_alimentes,
    indicateur.cible as valeur_cible,
    case
        when indicateur.nb_documents_constate is not null then {{ mois_annee('indicateur.periode_debut') }}
    end as periode_donnees_nationales,
    indicateur.numerateur_national_constate as nb_dmp_alimentes_national,
    indicateur.nb_documents_constate as nb_documents_national,
    'Séjours clos dans le mois (' || indicateur.source_seance || '), psychiatrie et passages aux urgences exclus ; '
    || 'DMP actif et sans opposition à l’alimentation le jour de l’admission ; '
    || 'séjour compté dès qu’un de ses documents est présent dans le DMP. '
    || indicateur.numerateur || ' / ' || indicateur.denominateur || '.' as modalites_de_calcul,
    fichiers_de_la_cnam.fichiers as activite_dmp_cnam,
    listes_de_documents.types_de_documents as documents_alimentant_le_dmp,
    listes_automatiques.types_automatiques as documents_automatiques,
    indicateur.periode_debut,
    indicateur.periode_fin,
    indicateur.mois_recueil,
    meilleur.meilleur_mois is not null as est_meilleur_mois
from {{ ref('ifaq_d2_2i_alimentation_dmp') }} as indicateur
left join {{ ref('ifaq_meilleur_mois') }} as meilleur
    on
        indicateur.indicateur = meilleur.indicateur
        and indicateur.finess_ej = meilleur.finess_ej
        and indicateur.periode_debut = meilleur.meilleur_mois
left join listes_de_documents
    on
        indicateur.finess_ej = listes_de_documents.finess_ej
        and indicateur.periode_debut = listes_de_documents.mois
left join listes_automatiques
    on
        indicateur.finess_ej = listes_automatiques.finess_ej
        and indicateur.periode_debut = listes_automatiques.periode_debut
left join fichiers_de_la_cnam
    on indicateur.finess_ej = fichiers_de_la_cnam.finess_ej
order by indicateur.finess_ej, indicateur.periode_debut
