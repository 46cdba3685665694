-- question: Which pains come together?
-- version: 1
-- ignores: by
-- always_by: survey_id, pain_id, other_pain_id
-- dimensions: survey_id, pain_id, other_pain_id
-- defaults: survey_rank=1
-- definition: Of the people who rated both pains, how many are affected by both, beside what would be if the two had nothing to do with each other. Phi is their correlation: 1 always together, 0 unrelated, below 0 seldom together. A pair is not shown where fewer people rated both than the privacy floor, or where any of the four groups (both, one, the other, neither) has members and fewer than that.
-- columns:
--   pair_count                people who rated both
--   both_count                of these, affected by both
--   expected_count            affected by both, were the two unrelated
--   phi                       correlation of being affected, -1 to 1
--   chance                    how often unrelated pains would seem as related (chi-square)
select
    /* group */
    count(*) as pair_count,
    count(*) filter (is_affected and other_is_affected) as both_count,
    count(*) filter (is_affected) as first_count,
    count(*) filter (other_is_affected) as other_count
from (
    select first.day, first.survey_id, first.survey_rank, first.pain_id, other.pain_id as other_pain_id, first.is_affected, other.is_affected as other_is_affected
    from marts.pain as first
    inner join marts.pain as other using (survey_id, respondent_id)
    where first.pain_id < other.pain_id
)
where true /* and where */
group by all
