-- One row per message of both HL7 flux that is sound by itself, but that contradicts others or names what nobody knows, and
-- per message whose document cannot be read. colonne is a segment or a field; the value may be a patient's, and is not told.

with lus as (

    select
        'gam/hl7' as flux,
        ligne_source,
        message_id,
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
        rejet
    from {{ ref('int_dpi_messages_documents') }}
    where rejet is not null

    union all

    -- A document whose body cannot be read is kept without level, and says so.
    select
        'dpi/hl7' as flux,
        ligne_source,
        message_id,
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
        'MESSAGE_INCONNU|OBX-4' as rejet
    from {{ ref('int_dpi_messages') }} as reponses
    left join {{ ref('int_dpi_messages_acquittements') }} as acquittements
        on reponses.ligne_source = acquittements.ligne_source
    where
        reponses.effet in ('ACQUITTEMENT_DMP', 'ACQUITTEMENT_MSS')
        and acquittements.ligne_source is null

)

-- A message may carry several documents.
select distinct
    flux,
    ligne_source,
    left(message_id, 60) as message_id,
    split_part(rejet, '|', 1) as motif,
    split_part(rejet, '|', 2) as colonne
from lus
