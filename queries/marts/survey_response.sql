-- question: Who answered which survey, from which part of the organisation?
-- grain: survey_id, respondent_id
-- reads: facts.survey, facts.survey_response, facts.team
-- columns:
--   day                       date       when the survey opened, in the reporting time zone
--   survey_id                 varchar    survey
--   survey_rank               bigint     1 for the newest survey
--   title                     varchar    title of the survey
--   respondent_id             varchar    respondent (hashed)
--   team_id                   varchar    team
--   domain                    varchar    part of the organisation that the team belongs to
--   role                      varchar    role
--   invited_count             integer    people who were asked, in the whole survey
select
    survey_response.day,
    survey_response.survey_id,
    dense_rank() over (order by survey.opened_at desc nulls last, survey.survey_id desc) as survey_rank,
    survey.title,
    survey_response.respondent_id,
    survey_response.team_id,
    team.domain,
    survey_response.role,
    survey.invited_count
from facts.survey_response
inner join facts.survey using (survey_id)
left join facts.team using (team_id)
order by day, survey_id
