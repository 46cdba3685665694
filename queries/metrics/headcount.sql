-- question: How many people are in the teams that could be asked?
-- part_of: survey_response
-- dimensions: team_id, domain
-- definition: Headcount of all teams but those that build the platform.
-- columns:
--   headcount                 people in the teams; null where a team does not say
select
    /* group */
    cast(sum(headcount) as bigint) as headcount
from marts.team
where not is_platform_team /* and where */
group by all
