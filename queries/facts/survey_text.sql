-- question: What did people write, and which pain does it speak of?
-- grain: survey_id, response_id, question_id, pain_id
-- reads: facts.survey, facts.team_alias, settings.definition, staging.pain_point, staging.survey_answer
-- columns:
--   survey_id                 varchar    survey
--   response_id               varchar    response
--   question_id               varchar    question
--   pain_id                   varchar    pain point that it was coded to; null where it was to none
--   respondent_id             varchar    respondent (hashed), else the response
--   team_id                   varchar    team
--   role                      varchar    role
--   day                       date       when the survey opened, in the reporting time zone
--   said                      varchar    the words, as scrubbed at import
with known_pain as (
    select bare(pain_id) as bare_id, any_value(pain_id) as pain_id from staging.pain_point group by all having count(*) = 1
)
select
    answer.survey_id,
    answer.response_id,
    answer.question_id,
    coalesce(exact.pain_id, known_pain.pain_id, answer.pain_id) as pain_id,
    coalesce(answer.respondent, answer.response_id) as respondent_id,
    alias.team_id,
    answer.role,
    local_day(survey.opened_at, definition.timezone) as day,
    trim(answer.text) as said
from staging.survey_answer as answer
inner join facts.survey using (survey_id)
cross join settings.definition
left join staging.pain_point as exact on exact.pain_id = answer.pain_id
left join known_pain on known_pain.bare_id = bare(answer.pain_id)
left join facts.team_alias as alias on alias.given_id = answer.team_id
where answer.text is not null and trim(answer.text) <> ''
