-- question: How are the times from first commit to production spread?
-- version: 2
-- needs: change, deployment
-- always_by: hours_from
-- dimensions: hours_from, team_id, domain, product, repo, environment, path, is_bot, link_method
-- defaults: is_bot=false
-- definition: Shipped changes whose first commit is known, by the range that their lead time falls into, and beside them those that wait, by how long they have so far: up to an hour, a day, a week, 30 days, 180 days, or longer. A negative lead time is a fault in the data and stands in the lowest range. Changes of bots are left out unless asked for.
-- columns:
--   change_count              changes that took so long
--   waiting_count             changes that have waited so long already
select
    /* group */
    count(lead_time_hours) as change_count,
    count(waiting_hours) as waiting_count
from marts.change
where hours_from is not null /* and where */
group by all
