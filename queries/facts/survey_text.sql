-- question: What did people write, and which pain does it speak of?
-- grain: survey_id, pain_id, writer, said
-- reads: facts.survey, settings.definition, staging.pain_point, staging.survey_answer
-- columns:
--   survey_id                 varchar    survey
--   pain_id                   varchar    pain point that it was coded to; null where it was to none
--   writer                    bigint     number of who wrote it, for this survey's text alone
--   day                       date       when the survey opened, in the reporting time zone
--   said                      varchar    the words, as scrubbed at import
-- Words stand beside no team and no role, nor beside an id that other tables know: few words are needed to know a person.
with known_pain as (
    select bare(pain_id) as bare_id, any_value(pain_id) as pain_id from staging.pain_point group by all having count(*) = 1
),
written as (
    select
        answer.survey_id,
        coalesce(exact.pain_id, known_pain.pain_id, answer.pain_id) as pain_id,
        coalesce(answer.respondent, answer.response_id) as respondent_id,
        local_day(survey.opened_at, definition.timezone) as day,
        trim(answer.text) as said,
        -- people are numbered in an order that tells nothing of who they are
        min(md5(said)) over (partition by answer.survey_id, respondent_id) as place
    from staging.survey_answer as answer
    inner join facts.survey using (survey_id)
    cross join settings.definition
    left join staging.pain_point as exact on exact.pain_id = answer.pain_id
    left join known_pain on known_pain.bare_id = bare(answer.pain_id)
    where answer.text is not null and trim(answer.text) <> ''
),
numbered as (
    select
        survey_id,
        pain_id,
        dense_rank() over (partition by survey_id order by place, respondent_id) as writer,
        day,
        said
    from written
)
select distinct survey_id, pain_id, writer, day, said from numbered order by survey_id, writer, pain_id, md5(said)
