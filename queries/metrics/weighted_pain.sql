-- question: What hurts when each team counts by its size and not by how many of it answered?
-- version: 1
-- ignores: by
-- uses: pain, headcount
-- always_by: survey_id, pain_id
-- dimensions: survey_id, pain_id
-- defaults: survey_rank=1
-- definition: Share affected and mean severity with each team weighed by its headcount. Teams under the privacy floor, people without a team and teams of which nobody answered count together as one, with the headcount that is left. The interval is Wilson's for as many answers as would be equally certain (Kish). The SQL shows the unweighted answers; the weights come from the teams that `pain` shows.
-- columns:
--   answer_count              respondents who rated it
--   unweighted_share          share of them affected
--   unweighted_severity       mean rating, 0 to 1
--   weighted_ratio            share affected, teams weighed by headcount
--   weighted_ratio_low        lower end of its 95 % interval
--   weighted_ratio_high       upper end
--   weighted_severity         mean rating, teams weighed by headcount
--   effective_answers         answers that would be equally certain, were none weighed
select
    /* group */
    count(*) as answer_count,
    ratio(count(*) filter (is_affected), answer_count) as unweighted_share,
    avg(severity) as unweighted_severity
from marts.pain
where true /* and where */
group by all
