-- question: How old is the data, and what can it speak of?
-- grain: one row
-- reads: facts.clock, facts.deployment, settings.definition
-- columns:
--   as_of                     timestamp  newest event in the data
--   today                     date       its day in the reporting time zone
--   clock_day                 date       day of the build in the reporting time zone: a period that ends after it is still running
--   timezone                  varchar    reporting time zone
--   has_incidents             boolean    a source delivers incidents, be it none
--   sees_off_platform         boolean    at least one deployment is known to have gone round the platform
--   is_simulated              boolean    some of the data is made up
--   organisation              varchar    whose data it is
--   min_group                 integer    answers of fewer people are hidden
--   provisional_days          integer    days until a failure rate is final
select
    clock.as_of,
    clock.today,
    local_day(definition.now, clock.timezone) as clock_day,
    clock.timezone,
    clock.has_incidents,
    exists (from facts.deployment where path = 'off_platform') as sees_off_platform,
    clock.is_simulated,
    definition.organisation,
    definition.min_group,
    definition.provisional_days
from facts.clock
cross join settings.definition
