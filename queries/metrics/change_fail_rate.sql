-- question: How many production deployments have to be repaired?
-- version: 4
-- needs: deployment
-- compare: yes
-- dimensions: team_id, domain, product, repo, environment, path, cause
-- defaults: environment_class=production
-- definition: Succeeded production deployments that led to an incident, a rollback or an unplanned fix, over all that succeeded. An incident belongs to the deployment it names, else to the newest one of its product (else repository, else team) within the incident window before it; a fix counts against the one before it within the same window, a rollback whenever it comes. A deployment counts once, however many incidents follow. Provisional for the newest days, since incidents come later. Without a source of incidents it is not measured; where there is one, a deployment before its first incident counts as not repaired, since nobody knows from when on it would have told.
-- columns:
--   deployment_count          succeeded production deployments
--   failed_count              of these, repaired
--   linked_count              of the repaired, those that an incident or a rollback names
--   inferred_count            of the repaired, those found by time only
--   change_fail_ratio         repaired over succeeded
--   change_fail_ratio_low     lower end of its 95 % interval (Wilson)
--   change_fail_ratio_high    upper end
--   is_provisional            incidents may still come
select
    /* group */
    count(*) as deployment_count,
    count(*) filter (is_failed_change) as failed_count,
    count(*) filter (is_failed_change and has_linked_failure) as linked_count,
    count(*) filter (is_failed_change and not has_linked_failure) as inferred_count,
    ratio(failed_count, deployment_count) as change_fail_ratio,
    wilson_low(failed_count, deployment_count) as change_fail_ratio_low,
    wilson_high(failed_count, deployment_count) as change_fail_ratio_high
from marts.deployment
where is_succeeded /* and where */
group by all
