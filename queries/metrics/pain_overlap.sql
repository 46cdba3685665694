-- question: Where do users and platform agree, so that work there is felt?
-- version: 3
-- ignores: by
-- always_by: survey_id, pain_id
-- dimensions: survey_id, pain_id
-- defaults: survey_rank=1
-- definition: Pain score is reach (share of respondents in the top two boxes) times mean severity; priority score is that of the most urgent initiative planned for the pain. A pain is called one when so many are affected that chance alone would bring it about in at most 5 of 100 surveys in which no pain reaches a third of the users, all pains of the survey taken together (binomial, Holm); it is called none when it reaches a third with at most 20 % probability. Both need 15 respondents (or the privacy floor, if higher); else it is unsure. Quick win: pain and planned work. Listen: pain without planned work. Drift: planned work without pain. Later: neither. The newest survey, unless another is named; one that fewer people than the privacy floor answered is taken only where there is no other.
-- columns:
--   title                     pain point in words
--   theme                     theme
--   evidence_metric           metric that would confirm it
--   answer_count              respondents who rated it
--   affected_count            of these, in the top two boxes
--   affected_ratio            reach
--   affected_ratio_low        lower end of its 95 % interval (Wilson)
--   affected_ratio_high       upper end
--   severity_mean             mean rating, 0 to 1
--   pain_score                reach times severity
--   priority_score            0.2 to 1 for planned work of priority 5 to 1; 0 without any
--   attention_share           its share of the planned work
--   pain_share                its share of the pain
--   initiative_count          planned initiatives that name it
--   initiative_ids            their ids, most urgent first
--   effort_days               least effort among them
--   severity_mean_low         of the severity, lower end of its 95 % interval (Wilson, for the spread of the ratings)
--   severity_mean_high        upper end
--   reach_probability         that it reaches at least a third of the users
--   chance_alone              how often chance alone would affect as many, were no pain of the survey to reach a third
--   quadrant                  quick_win, listen, drift, later or unsure
select
    * exclude (severity_variance, severity_n),
    wilson_low(severity_mean * severity_n, severity_n) as severity_mean_low,
    wilson_high(severity_mean * severity_n, severity_n) as severity_mean_high
from (
    select *, rating_n(severity_mean, severity_variance, answer_count) as severity_n
    from (
        select
            /* group */
            title,
            theme,
            evidence_metric,
            answer_count,
            affected_count,
            ratio(affected_count, answer_count) as affected_ratio,
            wilson_low(affected_count, answer_count) as affected_ratio_low,
            wilson_high(affected_count, answer_count) as affected_ratio_high,
            severity_mean,
            severity_variance,
            pain_score,
            priority_score,
            ratio(attention, attention_total) as attention_share,
            ratio(pain_score, pain_total) as pain_share,
            initiative_count,
            initiative_ids,
            effort_days
        from marts.pain_overlap
        where true /* and where */
    )
)
