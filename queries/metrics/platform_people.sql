-- question: How many people were seen using the platform?
-- part_of: adoption_share
-- dimensions: team_id, domain
-- definition: People who started a run or a deployment through the platform, in teams that could use it by then and whose headcount is known; each once, in however many teams. Schedules, retrains, redeploys and bots are nobody.
-- columns:
--   people_count              people
select
    /* group */
    count(distinct person) as people_count
from marts.platform_user
where true /* and where */
group by all
