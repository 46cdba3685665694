-- question: Up to which day does each kind of record speak?
-- grain: record
-- reads: facts.clock, facts.horizon
-- columns:
--   record                    varchar    kind of record
--   last_day                  date       day of its newest event, in the reporting time zone
select horizon.record, local_day(horizon.last_at, clock.timezone) as last_day
from facts.horizon
cross join facts.clock
