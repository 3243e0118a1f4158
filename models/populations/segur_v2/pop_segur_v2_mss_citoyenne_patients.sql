-- SV2.MSS.CIT_PATIENTS — patients ayant reçu le type de document dans Mon espace santé.
-- ANS, Ségur vague 2 AMA hôpital (2025-04-04), « MSSanté » : parmi tous les patients pris en charge dans le mois, urgences
-- comprises, ceux auxquels un message du mois a apporté un document du type.
-- Un patient par ligne et par mois avec axe = 'TOUS', et une ligne de plus par type de la liste Ségur reçu.

with patients_pris_en_charge as (

    select distinct
        finess_ej,
        ipp,
        periode_debut,
        periode_fin
    from {{ ref('int_venues_mois') }}

),

types_recus as (

    select distinct
        messages.finess_ej,
        messages.ipp,
        messages.periode_debut,
        types.type_code
    from {{ ref('int_messages_mss') }} as messages
    inner join {{ ref('types_documents') }} as types
        on
            messages.type_code_document = types.type_code
            and types.segur = 'oui'
    where messages.canal = 'CITOYENNE'

),

patients_servis as (

    select distinct
        finess_ej,
        ipp,
        periode_debut
    from types_recus

)

select
    patients_pris_en_charge.finess_ej,
    patients_pris_en_charge.periode_debut,
    patients_pris_en_charge.periode_fin,
    'TOUS' as axe,
    patients_pris_en_charge.ipp as unite_id,
    patients_servis.ipp is not null as au_numerateur
from patients_pris_en_charge
left join patients_servis
    on
        patients_pris_en_charge.finess_ej = patients_servis.finess_ej
        and patients_pris_en_charge.ipp = patients_servis.ipp
        and patients_pris_en_charge.periode_debut = patients_servis.periode_debut

union all

select
    patients_pris_en_charge.finess_ej,
    patients_pris_en_charge.periode_debut,
    patients_pris_en_charge.periode_fin,
    types_recus.type_code as axe,
    patients_pris_en_charge.ipp as unite_id,
    true as au_numerateur
from patients_pris_en_charge
inner join types_recus
    on
        patients_pris_en_charge.finess_ej = types_recus.finess_ej
        and patients_pris_en_charge.ipp = types_recus.ipp
        and patients_pris_en_charge.periode_debut = types_recus.periode_debut
