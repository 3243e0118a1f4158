-- External consultations billed as ACE: one row per EXTERNE venue. What the GAM says is taken when it says something;
-- else the venue has a consultation act (seed pmsi_actes_consultation, which the DIM signs) on an RSF-ACE invoice that
-- is not a cancellation, found by its n° d'entrée, or by the patient and the day. source: which of the two said it.

with consultations as (

    select
        finess_ej,
        iep,
        ipp,
        cast(date_entree as date) as date_entree,
        facturation_ace
    from {{ ref('int_gam_venues') }}
    where champ = 'EXTERNE'

),

factures as (

    select
        finess_ej,
        finess_pmsi,
        numero_entree,
        numero_facture,
        ipp
    from {{ ref('stg_pmsi__rsf') }}
    where
        type_enregistrement = 'A'
        and nature_operation = '1'

),

-- The fifth character of an act is its night (N) or public holiday (F) surcharge.
actes_de_consultation as (

    select
        honoraires.finess_ej,
        honoraires.numero_entree,
        factures.ipp,
        honoraires.date_soins
    from {{ ref('stg_pmsi__rsf') }} as honoraires
    inner join factures
        on
            honoraires.finess_ej = factures.finess_ej
            and honoraires.finess_pmsi is not distinct from factures.finess_pmsi
            and honoraires.numero_entree = factures.numero_entree
            and honoraires.numero_facture is not distinct from factures.numero_facture
    inner join {{ ref('pmsi_actes_consultation') }} as codes
        on
            honoraires.code_acte = codes.code_acte
            or rtrim(substr(honoraires.code_acte, 1, 4)) = codes.code_acte
            and substr(honoraires.code_acte, 5, 1) in ('F', 'N')
    where honoraires.type_enregistrement = 'C'

),

consultations_facturees as (

    select
        finess_ej,
        iep,
        'GAM' as source
    from consultations
    where facturation_ace

    union all

    select
        consultations.finess_ej,
        consultations.iep,
        'RSF_ACE' as source
    from consultations
    inner join actes_de_consultation
        on
            consultations.finess_ej = actes_de_consultation.finess_ej
            and consultations.iep = actes_de_consultation.numero_entree
    where consultations.facturation_ace is null

    union all

    select
        consultations.finess_ej,
        consultations.iep,
        'RSF_ACE' as source
    from consultations
    inner join actes_de_consultation
        on
            consultations.finess_ej = actes_de_consultation.finess_ej
            and consultations.ipp = actes_de_consultation.ipp
            and consultations.date_entree = actes_de_consultation.date_soins
    where consultations.facturation_ace is null

)

select distinct
    finess_ej,
    iep,
    source
from consultations_facturees
