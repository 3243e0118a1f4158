-- The types of documents that the indicators know: one row per LOINC code.

select
    type_code,
    libelle,
    famille,
    systeme
from {{ ref('types_documents') }}
order by type_code
