-- question: What do people say in their own words?
-- grain: survey_id, pain_id, said
-- reads: facts.pain_point, facts.survey, facts.survey_text, settings.definition
-- columns:
--   day                       date       when the survey opened, in the reporting time zone
--   survey_id                 varchar    survey
--   survey_rank               bigint     1 for the newest survey in which people wrote
--   pain_id                   varchar    pain point that it speaks of, where enough people speak of it
--   title                     varchar    pain point in words
--   theme                     varchar    its theme
--   said                      varchar    the words, as scrubbed at import; never with team or role
with writer as (
    select
        survey_text.survey_id,
        dense_rank() over (order by survey.opened_at desc nulls last, survey_text.survey_id desc) as survey_rank,
        count(distinct respondent_id) as writer_count
    from facts.survey_text
    inner join facts.survey using (survey_id)
    group by survey_text.survey_id, survey.opened_at
),
spoken as (
    select survey_id, pain_id, count(distinct respondent_id) as speaker_count from facts.survey_text group by all
)
select distinct
    survey_text.day,
    survey_text.survey_id,
    writer.survey_rank,
    -- what few speak of stands among the answers that speak of no pain
    case when spoken.speaker_count >= definition.min_group then survey_text.pain_id end as pain_id,
    case when spoken.speaker_count >= definition.min_group then coalesce(pain_point.title, bare(survey_text.pain_id)) end as title,
    case when spoken.speaker_count >= definition.min_group then pain_point.theme end as theme,
    survey_text.said
from facts.survey_text
inner join writer using (survey_id)
inner join spoken
    on spoken.survey_id = survey_text.survey_id and spoken.pain_id is not distinct from survey_text.pain_id
cross join settings.definition
left join facts.pain_point on pain_point.pain_id = survey_text.pain_id
where writer.writer_count >= definition.min_group
-- in an order that tells nothing of when or by whom
order by survey_text.survey_id, md5(survey_text.said)
