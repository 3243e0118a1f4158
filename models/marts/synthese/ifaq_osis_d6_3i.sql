-- The oSIS form of D6.3I, ready to copy: one row per establishment and month, the form's fields in the form's order.
-- Guide oSIS IFAQ 2023, § 6 d. Seed champs_osis gives the label of each column and who fills it. What follows the form
-- tells whether the month may be chosen, and which month is the best.

with documents_transmis as (

    select distinct
        messages.finess_ej,
        messages.periode_debut,
        coalesce(messages.type_code, '') || ' ' || coalesce(types.libelle, 'type hors nomenclature') as type_de_document
    from {{ ref('int_messages_mss') }} as messages
    left join {{ ref('types_documents') }} as types
        on messages.type_code = types.type_code
    where
        messages.canal = 'PRO'
        and messages.document_connu

),

listes_de_documents as (

    select
        finess_ej,
        periode_debut,
        {{ liste_triee('type_de_document', 'type_de_document is not null') }} as types_de_documents
    from documents_transmis
    group by finess_ej, periode_debut

)

select
    indicateur.finess_ej,
    -- Without its files an indicator has not been measured: that is not « non applicable ».
    case
        when (indicateur.motif_non_applicable is distinct from 'FLUX_ABSENT') then not indicateur.applicable
    end as non_applicable,
    {{ mois_annee('indicateur.periode_debut') }} as periode_de_mesure,
    indicateur.numerateur as nb_correspondants_atteints,
    indicateur.denominateur as nb_correspondants_equipes,
    indicateur.taux as taux_correspondants_atteints,
    indicateur.cible as valeur_cible,
    case
        when indicateur.numerateur_national_constate is not null then {{ mois_annee('indicateur.periode_debut') }}
    end as periode_donnees_nationales,
    indicateur.numerateur_national_constate as nb_correspondants_national,
    'Correspondants extérieurs dont l’annuaire local donne une adresse MSSanté, liés à un séjour de MCO, de SMR ou de '
    || 'HAD du mois ; correspondant compté dès qu’un message professionnel portant un document lui a été envoyé dans le '
    || 'mois. ' || indicateur.numerateur || ' / ' || indicateur.denominateur || '.' as modalites_de_calcul,
    listes_de_documents.types_de_documents as documents_transmis_par_mss,
    indicateur.periode_debut,
    indicateur.periode_fin,
    indicateur.mois_recueil,
    meilleur.meilleur_mois is not null as est_meilleur_mois
from {{ ref('ifaq_d6_3i_mss') }} as indicateur
left join {{ ref('ifaq_meilleur_mois') }} as meilleur
    on
        indicateur.indicateur = meilleur.indicateur
        and indicateur.finess_ej = meilleur.finess_ej
        and indicateur.periode_debut = meilleur.meilleur_mois
left join listes_de_documents
    on
        indicateur.finess_ej = listes_de_documents.finess_ej
        and indicateur.periode_debut = listes_de_documents.periode_debut
order by indicateur.finess_ej, indicateur.periode_debut
