-- question: What do users say in their own words?
-- version: 2
-- ignores: by
-- needs: survey_answer
-- always_by: survey_id, pain_id, said
-- dimensions: survey_id, pain_id, theme, said
-- defaults: survey_rank=1
-- definition: Free text as scrubbed at import (no e-mail address, handle, link or phone number), under the pain point that it speaks of, or under none. Only where at least as many people as the privacy floor speak of that pain, or wrote of none. Never with team or role, in an order that tells nothing of when it was written.
-- columns:
--   title                     pain point in words; null for what speaks of none
select
    /* group */
    any_value(title) as title
from marts.quote
where true /* and where */
group by all
