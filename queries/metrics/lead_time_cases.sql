-- question: Which lead times are known in full, and which only as longer than so far?
-- part_of: lead_time
-- always_by: day, path
-- dimensions: team_id, domain, product, repo, environment, path, is_bot, link_method
-- defaults: is_bot=false
-- definition: The durations behind the quantiles, one row a change.
-- columns:
--   length                    hours: lead time, or time waited so far
--   is_waiting                true for a change that is not shipped
--   coding_hours              first commit to opened, of a shipped change
--   review_hours              opened to merged, of a shipped change
--   deploy_hours              merged to deployment finished
select
    /* group */
    coalesce(lead_time_hours, waiting_hours) as length,
    lead_time_hours is null as is_waiting,
    coding_hours,
    review_hours,
    deploy_hours
from marts.change
where true /* and where */
