-- SUN-ES candidacies: one row per establishment, window and domain that the window finances.
-- « Tous les prérequis doivent être atteints par l'établissement pour se porter candidat »; « les ES qui candidatent
-- seulement au Volet 2 doivent aussi respecter les prérequis du Volet 1 » (guide SUN-ES, prérequis de candidature).
-- recevable: all of them are declared reached on the day of the candidacy, on the day of extraction without one.
-- A candidacy without a window or a domain is for all of them; the domain is written D1, VOLET_1, D4 or VOLET_2.

with domaines as (

    select
        fenetres.fenetre,
        fenetres.candidature_debut,
        fenetres.candidature_fin,
        bareme.domaine,
        bareme.volet
    from {{ ref('fenetres_sun_es') }} as fenetres
    inner join {{ ref('bareme_sun_es') }} as bareme
        on
            bareme.volet = 1 and fenetres.part_volet_1 > 0
            or bareme.volet = 2 and fenetres.part_volet_2 > 0

),

candidatures as (

    select
        finess_ej,
        fenetre,
        replace(upper(trim(domaine)), ' ', '_') as domaine,
        date_candidature
    from {{ ref('stg_declaratif__candidatures') }}
    where
        programme = 'SUN_ES'
        and date_candidature <= {{ date_extraction() }}

),

cadre as (

    select
        etablissements.finess_ej,
        domaines.fenetre,
        domaines.domaine,
        domaines.volet,
        domaines.candidature_debut,
        domaines.candidature_fin,
        max(candidatures.date_candidature) as date_candidature
    from {{ ref('stg_reference__etablissements') }} as etablissements
    cross join domaines
    left join candidatures
        on
            etablissements.finess_ej = candidatures.finess_ej
            and domaines.fenetre = coalesce(candidatures.fenetre, domaines.fenetre)
            and (
                candidatures.domaine is null
                or candidatures.domaine in (domaines.domaine, 'VOLET_' || cast(domaines.volet as string))
                or candidatures.domaine = 'D4' and domaines.volet = 2
            )
    group by
        etablissements.finess_ej, domaines.fenetre, domaines.domaine, domaines.volet,
        domaines.candidature_debut, domaines.candidature_fin

),

prerequis_juges as (

    select
        cadre.finess_ej,
        cadre.fenetre,
        cadre.domaine,
        prerequis.code,
        max_by(declarations.valeur, declarations.date_declaration) as valeur
    from cadre
    inner join {{ ref('prerequis_programmes') }} as prerequis
        on
            prerequis.programme = 'SUN_ES'
            and cadre.volet >= prerequis.volet
    left join {{ ref('stg_declaratif__declarations') }} as declarations
        on
            cadre.finess_ej = declarations.finess_ej
            and prerequis.code_declaration = declarations.code
            and declarations.date_declaration <= coalesce(cadre.date_candidature, {{ date_extraction() }})
    group by cadre.finess_ej, cadre.fenetre, cadre.domaine, prerequis.code

),

bilan as (

    select
        finess_ej,
        fenetre,
        domaine,
        {{ liste_triee('code', "valeur is distinct from 'OUI'") }} as prerequis_manquants
    from prerequis_juges
    group by finess_ej, fenetre, domaine

)

select
    'SUN_ES' as programme,
    cadre.finess_ej,
    cadre.fenetre,
    cadre.domaine,
    cadre.volet,
    cadre.date_candidature is not null as candidat,
    cadre.date_candidature,
    cadre.date_candidature between cadre.candidature_debut and cadre.candidature_fin as dans_la_periode,
    bilan.prerequis_manquants is null as recevable,
    bilan.prerequis_manquants
from cadre
left join bilan
    on
        cadre.finess_ej = bilan.finess_ej
        and cadre.fenetre = bilan.fenetre
        and cadre.domaine = bilan.domaine
order by cadre.finess_ej, cadre.fenetre, cadre.domaine
