-- One row per rejected message of both HL7 flux: colonne is a segment or a field, valeur is never a patient's.

with lus as (

    select
        'gam/hl7' as flux,
        ligne_source,
        message_id,
        type_message,
        evenement,
        rejet
    from {{ ref('int_gam_messages') }}
    where rejet is not null

    union all

    select
        'dpi/hl7' as flux,
        ligne_source,
        message_id,
        type_message,
        evenement,
        rejet
    from {{ ref('int_dpi_messages') }}
    where rejet is not null

    union all

    select
        'gam/hl7' as flux,
        ligne_source,
        message_id,
        'ADT' as type_message,
        evenement,
        case etat
            when 'INCOHERENT' then 'DATES_INCOHERENTES|ZBE-2'
            when 'SANS_ENTREE' then 'ENTREE_INCONNUE|PV1-44'
            when 'HORS_CHAMP' then 'HORS_CHAMP|PV1-10'
        end as rejet
    from {{ ref('int_gam_messages_mouvements') }}
    where etat in ('INCOHERENT', 'SANS_ENTREE', 'HORS_CHAMP')

    union all

    select
        'dpi/hl7' as flux,
        ligne_source,
        message_id,
        cast(null as varchar) as type_message,
        cast(null as varchar) as evenement,
        rejet
    from {{ ref('int_dpi_messages_documents') }}
    where rejet is not null

    union all

    -- A document whose body cannot be read is kept without level, and says so.
    select
        'dpi/hl7' as flux,
        ligne_source,
        message_id,
        cast(null as varchar) as type_message,
        cast(null as varchar) as evenement,
        'CORPS_ILLISIBLE|OBX-5' as rejet
    from {{ ref('int_dpi_messages_documents') }}
    where
        rejet is null
        and a_un_corps_illisible

    union all

    -- A business acknowledgement of a message that was not received tells nothing.
    select
        'dpi/hl7' as flux,
        reponses.ligne_source,
        reponses.message_id,
        reponses.type_message,
        reponses.evenement,
        'MESSAGE_INCONNU|OBX-4' as rejet
    from {{ ref('int_dpi_messages') }} as reponses
    left join {{ ref('int_dpi_messages_acquittements') }} as acquittements
        on reponses.ligne_source = acquittements.ligne_source
    where
        reponses.retenu
        and reponses.effet in ('ACQUITTEMENT_DMP', 'ACQUITTEMENT_MSS')
        and acquittements.ligne_source is null

)

-- A message may carry several documents.
select distinct
    flux,
    ligne_source,
    left(message_id, 60) as message_id,
    split_part(rejet, '|', 1) as motif,
    split_part(rejet, '|', 2) as colonne,
    case
        when
            rejet = 'TYPE_NON_TRAITE|MSH-9'
            and regexp_full_match(type_message, '[A-Z]{3}')
            and regexp_full_match(coalesce(evenement, 'A00'), '[A-Z][0-9A-Z][0-9]')
            then concat_ws('^', type_message, evenement)
    end as valeur
from lus
