-- One row per document taken from the DMP: « réussi », by transaction TD3.2, the one the national statistics follow
-- (ANS, Ségur vague 2 AMA, « Consultation DMP »). What was then stored in the DPI is told apart.

select
    finess_ej,
    transaction_id,
    iep,
    type_code,
    cast(date_transaction as date) as date_telechargement,
    coalesce(integre_dpi, false) as integre_dpi
from {{ ref('int_dpi_consultations_dmp') }}
where
    transaction = 'TD3.2'
    and statut = 'REUSSI'
    and cast(date_transaction as date) <= {{ date_extraction() }}
