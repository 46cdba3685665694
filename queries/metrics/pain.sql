-- question: What hurts the platform's users, how many of them and how badly?
-- version: 2
-- always_by: survey_id, pain_id
-- dimensions: survey_id, pain_id, team_id, domain, role
-- definition: Per pain point and survey: respondents who rated it, the share in the top two boxes of the scale, and the mean rating on a scale of 0 to 1. Groups smaller than the privacy floor are hidden.
-- columns:
--   answer_count              respondents who rated it
--   affected_count            of these, in the top two boxes
--   affected_ratio            affected over answers
--   affected_ratio_low        lower end of its 95 % interval (Wilson)
--   affected_ratio_high       upper end
--   severity_mean             mean rating, 0 to 1
--   severity_mean_low         lower end of its 95 % interval (Wilson, for the spread of the ratings)
--   severity_mean_high        upper end
select
    * exclude (severity_mean, severity_variance, severity_n),
    ratio(affected_count, answer_count) as affected_ratio,
    wilson_low(affected_count, answer_count) as affected_ratio_low,
    wilson_high(affected_count, answer_count) as affected_ratio_high,
    severity_mean,
    wilson_low(severity_mean * severity_n, severity_n) as severity_mean_low,
    wilson_high(severity_mean * severity_n, severity_n) as severity_mean_high
from (
    -- step by step: put into one another, the expressions would take longer to read than the answers
    select *, rating_n(severity_mean, severity_variance, answer_count) as severity_n
    from (
        select
            /* group */
            count(*) as answer_count,
            count(*) filter (is_affected) as affected_count,
            avg(severity) as severity_mean,
            var_pop(severity) as severity_variance
        from marts.pain
        where true /* and where */
        group by all
    )
)
