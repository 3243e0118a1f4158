-- P1.O7 — patients for whom a document was sent to a correspondant by professional MSSanté.
-- Guide HOP'EN2 phase 1, objectif 7: of the patients taken in charge in the month, passages in urgences apart, those for
-- whom a document in CDA was sent to a professional. A qualified INS is recommended, not required; CDA is asked for in
-- its XDM envelope, so a message that says it has none does not count.
-- One row per patient. A message belongs to the venue it names, whenever it was sent; to the month of its sending when
-- it names none.

with venues_du_mois as (

    select
        finess_ej,
        iep,
        ipp,
        periode_debut,
        periode_fin
    from {{ ref('int_venues_mois') }}
    where
        champ <> 'URGENCES'
        and ipp is not null

),

patients_pris_en_charge as (

    select distinct
        finess_ej,
        ipp,
        periode_debut,
        periode_fin
    from venues_du_mois

),

messages as (

    select
        finess_ej,
        iep,
        ipp,
        periode_debut
    from {{ ref('int_messages_mss') }}
    where
        canal = 'PRO'
        and niveau_cda in ('N1', 'N3')
        and enveloppe_xdm is distinct from false

),

patients_avec_message as (

    select
        venues_du_mois.finess_ej,
        venues_du_mois.ipp,
        venues_du_mois.periode_debut
    from venues_du_mois
    inner join messages
        on
            venues_du_mois.finess_ej = messages.finess_ej
            and venues_du_mois.iep = messages.iep

    union

    select
        finess_ej,
        ipp,
        periode_debut
    from messages
    where iep is null

)

select
    patients_pris_en_charge.finess_ej,
    patients_pris_en_charge.periode_debut,
    patients_pris_en_charge.periode_fin,
    'TOUS' as axe,
    patients_pris_en_charge.ipp as unite_id,
    patients_avec_message.ipp is not null as au_numerateur
from patients_pris_en_charge
left join patients_avec_message
    on
        patients_pris_en_charge.finess_ej = patients_avec_message.finess_ej
        and patients_pris_en_charge.ipp = patients_avec_message.ipp
        and patients_pris_en_charge.periode_debut = patients_avec_message.periode_debut
