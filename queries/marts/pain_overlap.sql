-- question: Where do the users' pain and the platform's plans meet?
-- grain: survey_id, pain_id
-- reads: facts.pain_answer, facts.pain_point, facts.planned_work, facts.survey, settings.definition
-- columns:
--   day                       date       when the survey opened
--   survey_id                 varchar    survey; every pain that is known, planned for or asked about has a row in each
--   survey_rank               bigint     1 for the newest survey that asked about pain; those under the privacy floor come last
--   pain_id                   varchar    pain point
--   title                     varchar    title
--   theme                     varchar    theme
--   evidence_metric           varchar    metric that would confirm it
--   answer_count              bigint     respondents who rated it
--   affected_count            bigint     respondents in the top two boxes
--   severity_mean             double     0 to 1
--   severity_variance         double     variance of the ratings, 0 to 1
--   pain_score                double     reach (share affected) times mean severity; null under the privacy floor
--   pain_total                double     sum of the survey's pain scores
--   priority_score            double     highest priority of the work planned for it, 0 to 1; 0 without any
--   attention                 double     planned work that it gets: priority scores, each shared over the pains of its initiative
--   attention_total           double     sum over all planned work, also that which names no pain
--   initiative_count          bigint     planned initiatives that name it
--   initiative_ids            varchar[]  their ids, most urgent first
--   effort_days               double     least effort among them
with survey as (
    select
        survey_id,
        any_value(pain_answer.day) as day,
        dense_rank() over (order by survey.has_enough_answers desc, survey.opened_at desc nulls last, survey_id desc) as survey_rank
    from facts.pain_answer
    inner join facts.survey using (survey_id)
    group by survey_id, survey.opened_at, survey.has_enough_answers
),
known as (
    select pain_id from facts.pain_point
    union
    select pain_id from facts.pain_answer
    union
    select pain_id from facts.planned_work where pain_id is not null and is_planned
),
asked as (
    select
        survey_id,
        pain_id,
        count(*) as answer_count,
        count(*) filter (is_affected) as affected_count,
        -- in a fixed order, since a sum of fractions differs in its last digit with the order
        avg(severity order by respondent_id) as severity_mean,
        var_pop(severity order by respondent_id) as severity_variance,
        -- of a group under the privacy floor none, lest it follow from the shares of the others
        case when answer_count >= any_value(definition.min_group) then ratio(affected_count, answer_count) * severity_mean end as pain_score
    from facts.pain_answer
    cross join settings.definition
    group by survey_id, pain_id
),
work as (
    select
        pain_id,
        max(priority_score) as priority_score,
        sum(attention order by initiative_id) as attention,
        count(*) as initiative_count,
        list(initiative_id order by priority_score desc, initiative_id) as initiative_ids,
        min(effort_days) as effort_days
    from facts.planned_work
    where is_planned and pain_id is not null
    group by pain_id
)
select
    survey.day,
    survey.survey_id,
    survey.survey_rank,
    known.pain_id,
    coalesce(pain_point.title, bare(known.pain_id)) as title,
    pain_point.theme,
    pain_point.evidence_metric,
    coalesce(asked.answer_count, 0) as answer_count,
    coalesce(asked.affected_count, 0) as affected_count,
    asked.severity_mean,
    asked.severity_variance,
    asked.pain_score,
    sum(asked.pain_score) over (
        partition by survey.survey_id order by known.pain_id rows between unbounded preceding and unbounded following
    ) as pain_total,
    coalesce(work.priority_score, 0) as priority_score,
    coalesce(work.attention, 0) as attention,
    coalesce((select sum(attention order by initiative_id, pain_id) from facts.planned_work where is_planned), 0) as attention_total,
    coalesce(work.initiative_count, 0) as initiative_count,
    coalesce(work.initiative_ids, []) as initiative_ids,
    work.effort_days
from survey
cross join known
left join asked on asked.survey_id = survey.survey_id and asked.pain_id = known.pain_id
left join work on work.pain_id = known.pain_id
left join facts.pain_point on pain_point.pain_id = known.pain_id
order by survey.survey_rank, known.pain_id
