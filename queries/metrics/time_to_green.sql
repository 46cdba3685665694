-- question: How long does a pipeline stay broken on the default branch?
-- version: 4
-- needs: ci_run
-- cases: green_cases
-- compare: yes
-- dimensions: team_id, domain, repo, workflow, branch
-- definition: From the first failure of a pipeline on a default branch until its next success. Failures in a row are one break; cancelled and skipped runs neither break nor mend. Those still broken count as longer than they have been broken so far (Kaplan-Meier). Counted when the pipeline broke. Default branches are those that the configuration names.
-- columns:
--   mended_count              breaks that are over
--   open_count                breaks that are not
--   failure_count             runs that failed while broken
--   green_hours_median        median, open ones included (Kaplan-Meier)
--   green_hours_p75           three of four are over after at most this, open ones included
--   green_hours_p90           nine of ten are over after at most this, open ones included
--   broken_hours              hours broken, added up, open ones so far
select
    /* group */
    count(green_hours) as mended_count,
    count(open_hours) as open_count,
    cast(coalesce(sum(failure_count), 0) as bigint) as failure_count,
    -- whole milliseconds add up to the same in any order
    coalesce(sum(broken_ms), 0) / 3600000.0 as broken_hours
from marts.broken_pipeline
where true /* and where */
group by all
