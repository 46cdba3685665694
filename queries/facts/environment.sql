-- question: Which environments are production, which are test or development?
-- grain: environment
-- reads: settings.environment, staging.deployment
-- columns:
--   environment               varchar    name as records give it
--   environment_class         varchar    production, test, development or other
with name as (select distinct environment from staging.deployment)
select
    name.environment,
    coalesce(arg_min(rule.environment_class, rule.rank), 'other') as environment_class
from name
left join settings.environment as rule on matches(name.environment, rule.pattern)
group by name.environment
