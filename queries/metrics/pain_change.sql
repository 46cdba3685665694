-- question: Which pains grew or eased since the survey before, beyond noise?
-- version: 1
-- ignores: by
-- uses: pain
-- always_by: survey_id, pain_id
-- dimensions: survey_id, pain_id, team_id, domain, role
-- definition: Share affected against the newest earlier survey that asked about the same pain. The 95 % interval of the difference is Newcombe's (1998); where people answered both times it counts that they are the same people (method 10, paired). Rose or fell is said only where the interval leaves out 0, by at least a percentage point; else no clear change. Groups hidden in either survey are hidden. The SQL shows who answered both times.
-- columns:
--   before_survey_id          the survey before
--   answer_count              respondents now
--   answer_count_before       respondents then
--   paired_count              of these, people who answered both times; null under the privacy floor
--   affected_now              share affected now
--   affected_before           share affected then
--   change                    now less then, in shares of 1
--   change_low                lower end of its 95 % interval
--   change_high               upper end
--   verdict                   rose, fell or no clear change
with asked as (
    select survey_id, pain_id, lag(survey_id) over (partition by pain_id order by day nulls first, survey_rank desc) as before_survey_id
    from (select distinct day, survey_id, pain_id, survey_rank from marts.pain)
),
answer as (
    select
        later.*,
        asked.before_survey_id,
        earlier.is_affected as was_affected
    from marts.pain as later
    inner join asked using (survey_id, pain_id)
    left join marts.pain as earlier
        on earlier.survey_id = asked.before_survey_id
        and earlier.pain_id = later.pain_id
        and earlier.respondent_id = later.respondent_id
        and earlier.team_id is not distinct from later.team_id
        and earlier.role is not distinct from later.role
)
select
    /* group */
    before_survey_id,
    count(was_affected) as paired_count,
    count(*) filter (was_affected and is_affected) as both_count,
    count(*) filter (was_affected is not null and is_affected) as paired_now_count,
    count(*) filter (was_affected) as paired_before_count
from answer
where before_survey_id is not null /* and where */
group by all
