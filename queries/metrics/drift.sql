-- question: Which planned work answers no pain of the users?
-- version: 1
-- ignores: by
-- needs: initiative
-- always_by: survey_id, initiative_id
-- dimensions: survey_id, initiative_id
-- defaults: survey_rank=1
-- definition: Planned initiatives of which every pain is labelled drift by pain_overlap, so that work is planned and hardly anybody hurts, and those that name no pain at all; what takes most of the planned work first. One that also names a pain that hurts or is unsure is none. The SQL shows the planned work; labels come from the survey as a whole.
-- columns:
--   title                     initiative
--   status                    planned or in_progress
--   kind                      hardly any pain, or names no pain
--   priority                  1 highest to 5
--   effort_days               days of work
--   attention_share           its share of the planned work, weighed by priority
--   pain_ids                  pains that it names
--   pain_titles               these in words
select
    /* group */
    pain_id,
    title,
    status,
    is_planned,
    priority,
    effort_days,
    attention
from (select distinct survey_id, survey_rank, day from marts.pain_overlap) as survey
cross join marts.initiative
where is_planned /* and where */
