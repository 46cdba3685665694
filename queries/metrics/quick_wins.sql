-- question: What can be done soon that users will feel?
-- version: 1
-- ignores: by
-- needs: initiative
-- uses: pain_overlap, triangulation, pain, evidence, lead_time, ci_health, change_fail_rate, deployment_failure_rate, recovery_time, rework_rate, time_to_green, control_friction, deployment_frequency, time_to_first_deployment, capability_coverage
-- always_by: survey_id, pain_id, initiative_id
-- dimensions: survey_id, pain_id, initiative_id
-- defaults: survey_rank=1
-- definition: Pains that pain_overlap labels quick wins, with each planned initiative that names them, takes up to 10 days and waits for nothing (no blocker). Ranked by reach times intensity times confidence over effort: share of respondents affected, mean severity, probability that it reaches at least a third of the users, days of work (at least half a day). Beside it stands what the evidence metric says (confirmed or contradicted where it does so in more of the teams that hurt than chance would have, see triangulation), and the first move: the work, begun in the part of the organisation that hurts most. The SQL shows the planned work; labels come from the survey as a whole.
-- columns:
--   rank                      1 for the most relief per day of work
--   score                     reach x intensity x confidence / effort
--   pain_title                pain point in words
--   title                     initiative
--   status                    planned or in_progress
--   priority                  of the initiative, 1 highest to 5
--   answer_count              respondents who rated the pain
--   reach                     share of them affected
--   reach_low                 lower end of its 95 % interval (Wilson)
--   reach_high                upper end
--   intensity                 mean severity, 0 to 1
--   confidence                probability that the pain reaches at least a third of the users
--   effort_days               days of work
--   evidence_metric           metric that would confirm the pain
--   evidence                  confirmed, contradicted, unclear or unmeasured
--   confirming_count          measured teams that hurt and measure no better than the middle team
--   measured_count            teams that hurt and are measured
--   first_move                where to begin, in words
select
    /* group */
    initiative.title,
    initiative.status,
    initiative.is_planned,
    initiative.priority,
    initiative.effort_days,
    initiative.blocker
from marts.pain_overlap
inner join marts.initiative using (pain_id)
where initiative.is_planned /* and where */
