-- question: Which surveys were held, and who was asked?
-- grain: survey_id
-- reads: settings.definition, staging.survey, staging.survey_answer
-- columns:
--   survey_id                 varchar    id with its source's prefix
--   title                     varchar    title
--   opened_at                 timestamp  when it opened; of a survey without a record of its own, its first answer
--   closed_at                 timestamp  when it closed
--   invited_count             integer    people asked
--   response_count            bigint     people who answered
--   has_enough_answers        boolean    as many people as the privacy floor answered, so that it can be the newest one
with answered as (
    select
        survey_id,
        min(submitted_at) as first_at,
        count(distinct coalesce(respondent, response_id)) as response_count
    from staging.survey_answer
    group by survey_id
)
select
    survey_id,
    survey.title,
    coalesce(survey.opened_at, answered.first_at) as opened_at,
    survey.closed_at,
    survey.invited_count,
    coalesce(answered.response_count, 0) as response_count,
    coalesce(answered.response_count, 0) >= definition.min_group as has_enough_answers
from staging.survey
full join answered using (survey_id)
cross join settings.definition
