-- question: Which pains of the users does nobody work on?
-- version: 1
-- ignores: by
-- needs: initiative
-- always_by: survey_id, pain_id
-- dimensions: survey_id, pain_id
-- defaults: survey_rank=1
-- definition: Pains that pain_overlap labels listen: users hurt and no initiative is planned or in progress; the worst first. What names them and is an idea, dropped or shipped already stands beside them. The SQL shows that work; labels come from the survey as a whole.
-- columns:
--   title                     pain point in words
--   theme                     theme
--   evidence_metric           metric that would confirm it
--   answer_count              respondents who rated it
--   affected_ratio            reach
--   affected_ratio_low        lower end of its 95 % interval (Wilson)
--   affected_ratio_high       upper end
--   severity_mean             mean rating, 0 to 1
--   severity_mean_low         lower end of its 95 % interval (Wilson, for the spread of the ratings)
--   severity_mean_high        upper end
--   reach_probability         that it reaches at least a third of the users
--   pain_score                reach times severity
--   idle_initiative_ids       initiatives that name it and are not planned
--   idle_initiatives          their titles and what became of them
select
    /* group */
    initiative.initiative_id,
    initiative.title,
    initiative.status,
    initiative.is_planned
from marts.pain_overlap
left join marts.initiative using (pain_id)
where not coalesce(initiative.is_planned, false) /* and where */
