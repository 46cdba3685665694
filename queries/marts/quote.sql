-- question: What do people say in their own words?
-- grain: survey_id, pain_id, said
-- reads: facts.pain_point, facts.survey, facts.survey_text, settings.definition
-- columns:
--   day                       date       when the survey opened, in the reporting time zone
--   survey_id                 varchar    survey
--   survey_rank               bigint     1 for the newest survey in which people wrote; those under the privacy floor come last
--   pain_id                   varchar    pain point that it speaks of; null for text of none
--   title                     varchar    pain point in words
--   theme                     varchar    its theme
--   said                      varchar    the words, as scrubbed at import; never with team or role
with asked as (
    select survey_id, dense_rank() over (order by has_enough_answers desc, opened_at desc nulls last, survey_id desc) as survey_rank
    from facts.survey
    where survey_id in (select survey_id from facts.survey_text)
),
spoken as (
    select survey_id, pain_id, count(distinct writer) as speaker_count from facts.survey_text group by all
)
select distinct
    survey_text.day,
    survey_text.survey_id,
    asked.survey_rank,
    survey_text.pain_id,
    coalesce(pain_point.title, bare(survey_text.pain_id)) as title,
    pain_point.theme,
    survey_text.said
from facts.survey_text
inner join asked using (survey_id)
inner join spoken
    on spoken.survey_id = survey_text.survey_id and spoken.pain_id is not distinct from survey_text.pain_id
cross join settings.definition
left join facts.pain_point on pain_point.pain_id = survey_text.pain_id
-- also text of no pain: where all but a few speak of one, the rest would be the words of those few
where spoken.speaker_count >= definition.min_group
-- in an order that tells nothing of when or by whom
order by survey_text.survey_id, md5(survey_text.said)
