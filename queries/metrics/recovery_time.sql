-- question: How long is production broken after a deployment that led to a failure?
-- version: 3
-- needs: deployment
-- cases: recovery_cases
-- compare: yes
-- dimensions: team_id, domain, product, repo, environment, path
-- definition: From the end of a deployment that led to an incident, a rollback or an unplanned fix until its incident is resolved or the next succeeded deployment supersedes it, whichever comes first. Those still open count as longer than they have been open so far (Kaplan-Meier). Counted when the deployment that failed had finished. Without a source of incidents it is not measured.
-- columns:
--   recovered_count           failed deployments that are over
--   open_count                failed deployments that are not
--   recovery_hours_median     median, open ones included (Kaplan-Meier)
--   recovery_hours_p75        three of four are over after at most this, open ones included
--   recovery_hours_p90        nine of ten are over after at most this, open ones included
select
    /* group */
    count(recovery_hours) as recovered_count,
    count(open_hours) as open_count
from marts.recovery
where true /* and where */
group by all
