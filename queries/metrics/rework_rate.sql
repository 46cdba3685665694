-- question: How many production deployments only repair what was deployed before?
-- version: 1
-- needs: deployment
-- compare: yes
-- dimensions: team_id, domain, product, repo, environment, path
-- defaults: environment_class=production
-- definition: Succeeded production deployments that were not planned (flagged, a hotfix or revert by name, or a rollback) over all that succeeded.
-- columns:
--   deployment_count          succeeded production deployments
--   rework_count              of these, unplanned
--   rework_ratio              unplanned over succeeded
--   rework_ratio_low          lower end of its 95 % interval (Wilson)
--   rework_ratio_high         upper end
select
    /* group */
    count(*) as deployment_count,
    count(*) filter (is_unplanned) as rework_count,
    ratio(rework_count, deployment_count) as rework_ratio,
    wilson_low(rework_count, deployment_count) as rework_ratio_low,
    wilson_high(rework_count, deployment_count) as rework_ratio_high
from marts.deployment
where is_succeeded /* and where */
group by all
