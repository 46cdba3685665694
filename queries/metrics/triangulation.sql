-- question: Do the figures confirm what the users say hurts, team by team?
-- version: 2
-- ignores: by
-- uses: pain, evidence, lead_time, ci_health, change_fail_rate, deployment_failure_rate, recovery_time, rework_rate, time_to_green, control_friction, deployment_frequency, time_to_first_deployment, capability_coverage
-- always_by: survey_id, pain_id, team_id
-- dimensions: survey_id, pain_id, team_id
-- defaults: survey_rank=1
-- definition: What a team's respondents say beside what the pain's evidence metric measures of that team in the 180 days up to the survey. Confirmed: at least a third of them are affected and the team measures no better than the middle one of all measured teams. Contradicted: a third are affected and it measures better. No claim: fewer are affected. Unmeasured: the pain names no metric that is measured by team, fewer than four teams are measured, or this one is not. Teams under the privacy floor are hidden. The SQL shows the answers; the measurement is that of the named metric.
-- columns:
--   title                     pain point in words
--   evidence_metric           metric that the pain names
--   answer_count              respondents of the team who rated the pain
--   affected_ratio            share of them affected
--   affected_ratio_low        lower end of its 95 % interval (Wilson)
--   affected_ratio_high       upper end
--   measured                  what the metric says of the team
--   middle                    the middle one of all measured teams
--   unit                      what the two are
--   verdict                   confirmed, contradicted, no claim or unmeasured
select
    /* group */
    any_value(title) as title,
    any_value(evidence_metric) as evidence_metric
from marts.pain
inner join (select survey_id, pain_id, title, evidence_metric from marts.pain_overlap) as asked using (survey_id, pain_id)
where team_id is not null /* and where */
group by all
