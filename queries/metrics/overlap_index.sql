-- question: How much of the platform's work lies where its users hurt?
-- version: 3
-- ignores: by
-- always_by: survey_id
-- dimensions: survey_id
-- defaults: survey_rank=1
-- definition: Share of planned work and share of pain, pain point by pain point, whichever is smaller, added up: 1 when work goes exactly where it hurts, 0 when nothing fits; null when no work is planned, or no pain has a score. What is missing to 1 is drift: unmapped work names no pain, misallocated work goes to pains beyond their share. Work is weighed by priority, pain by reach times severity; pains under the privacy floor do not count, since one alone could be read from the sum.
-- columns:
--   overlap_index             0 to 1; null without planned work or a pain with a score
--   drift                     1 minus the overlap
--   unmapped_share            planned work that names no pain
--   misallocated_share        planned work on pains beyond their share
--   pain_count                pains with an answer, also those under the floor
with share as (
    select
        survey_id,
        ratio(attention, attention_total) as attention_share,
        pain_score,
        ratio(pain_score, pain_total) as pain_share,
        answer_count
    from marts.pain_overlap
    where true /* and where */
)
select
    /* group */
    -- without planned work there is no share of it, and least() would take the pain's alone; without a score nothing can fit
    case
        when count(pain_score) > 0
            then sum(case when attention_share is not null then least(attention_share, coalesce(pain_share, 0)) end)
    end as overlap_index,
    at_least_0(1 - overlap_index) as drift,
    at_least_0(1 - sum(attention_share)) as unmapped_share,
    at_least_0(drift - unmapped_share) as misallocated_share,
    count(*) filter (answer_count > 0) as pain_count
from share
group by all
