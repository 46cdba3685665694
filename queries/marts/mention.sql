-- question: Who speaks of which pain in their own words?
-- grain: survey_id, pain_id, writer
-- reads: facts.pain_point, facts.survey_text
-- columns:
--   day                       date       when the survey opened, in the reporting time zone
--   survey_id                 varchar    survey
--   pain_id                   varchar    pain point; null for who wrote of none
--   title                     varchar    pain point in words
--   theme                     varchar    its theme
--   writer                    bigint     number of who wrote it, for this survey's text alone
--   writer_count              bigint     people who wrote anything in that survey
with whole as (
    select
        survey_id,
        count(distinct writer) as writer_count
    from facts.survey_text
    group by survey_id
)
select
    any_value(survey_text.day) as day,
    survey_text.survey_id,
    survey_text.pain_id,
    any_value(coalesce(pain_point.title, bare(survey_text.pain_id))) as title,
    any_value(pain_point.theme) as theme,
    survey_text.writer,
    any_value(whole.writer_count) as writer_count
from facts.survey_text
inner join whole using (survey_id)
left join facts.pain_point using (pain_id)
group by survey_text.survey_id, survey_text.pain_id, survey_text.writer
order by day, pain_id
