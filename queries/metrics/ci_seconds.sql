-- question: How many runs queued or took exactly so long?
-- part_of: ci_health
-- always_by: measure
-- dimensions: measure, workflow
-- definition: The values behind the medians and other quantiles of ci_health, counted from whole weeks.
-- columns:
--   length                    seconds queued or taken
--   case_count                runs
select
    /* group */
    seconds as length,
    cast(sum(run_count) as bigint) as case_count
from marts.ci_seconds
where true /* and where */
group by all
