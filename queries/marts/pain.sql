-- question: What hurts the platform's users, how many of them and how badly?
-- grain: survey_id, pain_id, respondent_id
-- reads: facts.pain_answer, facts.survey, facts.team
-- columns:
--   day                       date       when the survey opened, in the reporting time zone
--   survey_id                 varchar    survey
--   survey_rank               bigint     1 for the newest survey that asked about pain; those under the privacy floor come last
--   pain_id                   varchar    pain point
--   respondent_id             varchar    respondent (hashed)
--   team_id                   varchar    team
--   domain                    varchar    part of the organisation that the team belongs to
--   role                      varchar    role
--   severity                  double     0 to 1
--   is_affected               boolean    rating in the top two boxes
select
    pain_answer.day,
    pain_answer.survey_id,
    dense_rank() over (order by survey.has_enough_answers desc, survey.opened_at desc nulls last, survey.survey_id desc) as survey_rank,
    pain_answer.pain_id,
    pain_answer.respondent_id,
    pain_answer.team_id,
    team.domain,
    pain_answer.role,
    pain_answer.severity,
    pain_answer.is_affected
from facts.pain_answer
inner join facts.survey using (survey_id)
left join facts.team using (team_id)
order by day, pain_id
