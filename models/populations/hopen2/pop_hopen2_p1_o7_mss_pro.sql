-- P1.O7 — patients pour lesquels un document a été envoyé à un correspondant par MSSanté professionnelle.
-- Guide HOP'EN2 phase 1, objectif 7 : parmi les patients pris en charge dans le mois, hors passages aux urgences, ceux pour
-- lesquels un document en CDA a été envoyé à un professionnel. L'INS qualifiée est recommandée, non exigée ; le CDA est attendu
-- dans son enveloppe XDM : le message qui dit n'en pas avoir ne compte pas.
-- Un patient par ligne et par mois. Un message est de la venue qu'il nomme, quelle que soit sa date ; à défaut, du mois de son
-- envoi.

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
