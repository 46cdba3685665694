-- question: How badly does each pain hurt each respondent?
-- grain: survey_id, pain_id, respondent_id
-- reads: facts.survey, facts.team_alias, settings.definition, staging.pain_point, staging.survey_answer
-- columns:
--   survey_id                 varchar    survey
--   pain_id                   varchar    pain point
--   respondent_id             varchar    respondent (hashed), else the response
--   team_id                   varchar    team
--   role                      varchar    role
--   day                       date       when the survey opened, in the reporting time zone
--   severity                  double     rating on its scale, 0 to 1
--   is_affected               boolean    rating in the top two boxes of the scale (the top box of a scale of two)
-- A scale that a row does not give is taken from other answers to the same question, else it is 1 to 5.
with scale as (
    select survey_id, question_id, max(scale_min) as scale_min, max(scale_max) as scale_max
    from staging.survey_answer
    group by all
),
known_pain as (
    select bare(pain_id) as bare_id, any_value(pain_id) as pain_id from staging.pain_point group by all having count(*) = 1
),
rated as (
    select
        answer.survey_id,
        coalesce(exact.pain_id, known_pain.pain_id, answer.pain_id) as pain_id,
        coalesce(answer.respondent, answer.response_id) as respondent_id,
        alias.team_id,
        answer.role,
        answer.rating,
        coalesce(answer.scale_min, scale.scale_min, 1) as low,
        coalesce(answer.scale_max, scale.scale_max, 5) as high,
        answer.submitted_at,
        answer.response_id,
        answer.question_id
    from staging.survey_answer as answer
    inner join scale using (survey_id, question_id)
    left join staging.pain_point as exact on exact.pain_id = answer.pain_id
    left join known_pain on known_pain.bare_id = bare(answer.pain_id)
    left join facts.team_alias as alias on alias.given_id = answer.team_id
    where answer.pain_id is not null and answer.rating is not null
)
select
    rated.survey_id,
    rated.pain_id,
    rated.respondent_id,
    rated.team_id,
    rated.role,
    local_day(survey.opened_at, definition.timezone) as day,
    (rated.rating - rated.low) / (rated.high - rated.low) as severity,
    rated.rating > rated.high - least(2, rated.high - rated.low) as is_affected
from rated
inner join facts.survey using (survey_id)
cross join settings.definition
where rated.high > rated.low and rated.rating between rated.low and rated.high
qualify row_number() over (
    partition by rated.survey_id, rated.pain_id, rated.respondent_id
    order by rated.submitted_at desc nulls last, rated.response_id desc, rated.question_id desc
) = 1
