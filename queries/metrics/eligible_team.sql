-- question: How many teams and people could use the platform, and from when?
-- part_of: adoption_share
-- dimensions: team_id, domain
-- definition: Teams by the day from which they could use the platform, without those that build it.
-- columns:
--   eligible_day              from when; long ago where a team has always been eligible
--   team_count                teams
--   headcount                 people in them, where it is known
select
    /* group */
    coalesce(eligible_day, date '0001-01-01') as eligible_day,
    count(*) as team_count,
    cast(sum(headcount) as bigint) as headcount
from marts.team
where not is_platform_team /* and where */
group by all
