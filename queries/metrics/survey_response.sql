-- question: How many of those who were asked answered, and for whom do they speak?
-- version: 1
-- needs: survey_answer
-- always_by: survey_id
-- dimensions: survey_id, team_id, domain, role
-- definition: People who gave any answer over people invited, by survey. By team or domain, where nobody records who was invited, over the headcount; by role the share of an unknown number is not given. Groups smaller than the privacy floor are hidden. A warning stands where fewer than half answered, where six in ten answers come from one role, or where response differs between teams by more than chance (chi-square, 1 in 100).
-- columns:
--   response_count            people who answered
--   invited_count             people asked; by team or domain the headcount
--   response_ratio            response over invited; null where either is unknown or more answered than were asked
--   response_ratio_low        lower end of its 95 % interval (Wilson)
--   response_ratio_high       upper end
--   warning                   why the answers may not speak for everybody
select
    /* group */
    count(*) as response_count,
    any_value(invited_count) as invited_count
from marts.survey_response
where true /* and where */
group by all
