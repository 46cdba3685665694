-- question: How are the times until production works again spread?
-- version: 2
-- needs: deployment
-- always_by: hours_from
-- dimensions: hours_from, team_id, domain, product, repo, environment, path
-- definition: Deployments that led to a failure, by the range that the time until production worked again falls into, and beside them those still open, by how long they have been so far: up to an hour, a day, a week, 30 days, 180 days, or longer. Without a source of incidents it is not measured.
-- columns:
--   recovered_count           failures that took so long
--   open_count                failures that have been open so long already
select
    /* group */
    count(recovery_hours) as recovered_count,
    count(open_hours) as open_count
from marts.recovery
where hours_from is not null /* and where */
group by all
