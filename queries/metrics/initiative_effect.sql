-- question: You said, we did: did it change?
-- version: 1
-- ignores: by, since, until
-- needs: initiative
-- uses: pain, pain_change, triangulation, evidence, lead_time, ci_health, change_fail_rate, deployment_failure_rate, recovery_time, rework_rate, time_to_green, control_friction, deployment_frequency, time_to_first_deployment, capability_coverage
-- always_by: initiative_id, pain_id
-- dimensions: initiative_id, pain_id
-- definition: For each shipped initiative and pain that it names: the share affected in the last survey before it shipped and the first after, and the pain's evidence metric in the 180 days before and after (at least 30), team by team. Pain eased or grew, and the metric improved or worsened, only where that exceeds noise: the 95 % interval of the difference leaves out 0; of the teams measured both times more got better, or worse, than chance would have (sign test, 5 %). It is before and after: whatever else changed in between is in it, so it proves no cause. The SQL shows what shipped.
-- columns:
--   title                     initiative
--   pain_title                pain point in words
--   shipped_day               when it reached its users, in the reporting time zone
--   before_survey_id          last survey before that
--   after_survey_id           first survey after
--   affected_before           share affected before
--   affected_after            share affected after
--   change                    after less before
--   change_low                lower end of its 95 % interval
--   change_high               upper end
--   pain_verdict              eased, grew, no clear change, or not asked before and after
--   evidence_metric           metric that the pain names
--   unit                      what it measures
--   measured_before           middle team before
--   measured_after            middle team after, of the same teams
--   team_count                teams measured before and after
--   improved_count            of these, teams that got better
--   evidence_verdict          improved, worsened, no clear change or unmeasured
select
    /* group */
    any_value(initiative.title) as title,
    any_value(pain.title) as pain_title,
    any_value(pain.evidence_metric) as evidence_metric,
    any_value(local_day(shipped_at, clock.timezone)) as shipped_day
from marts.initiative
cross join marts.clock
left join (select pain_id, any_value(title) as title, any_value(evidence_metric) as evidence_metric from marts.pain_overlap group by pain_id) as pain using (pain_id)
where status = 'shipped' and shipped_at is not null and pain_id is not null /* and where */
group by all
