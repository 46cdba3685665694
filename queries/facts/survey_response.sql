-- question: Who answered which survey, from which team and in which role?
-- grain: survey_id, respondent_id
-- reads: facts.survey, facts.team_alias, settings.definition, staging.survey_answer
-- columns:
--   survey_id                 varchar    survey
--   respondent_id             varchar    respondent (hashed), else the response
--   team_id                   varchar    team, as the newest answer that names one gives it
--   role                      varchar    role, likewise
--   day                       date       when the survey opened, in the reporting time zone
select
    answer.survey_id,
    coalesce(answer.respondent, answer.response_id) as respondent_id,
    max_by(alias.team_id, coalesce(answer.submitted_at, timestamp '1970-01-01')) filter (alias.team_id is not null) as team_id,
    max_by(answer.role, coalesce(answer.submitted_at, timestamp '1970-01-01')) filter (answer.role is not null) as role,
    any_value(local_day(survey.opened_at, definition.timezone)) as day
from staging.survey_answer as answer
inner join facts.survey using (survey_id)
left join facts.team_alias as alias on alias.given_id = answer.team_id
cross join settings.definition
group by answer.survey_id, coalesce(answer.respondent, answer.response_id)
