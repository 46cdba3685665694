-- question: How deep does the use of the platform go, surface by surface?
-- version: 2
-- ignores: by, since, until
-- needs: team
-- always_by: capability
-- dimensions: capability, team_id, domain, support_model
-- definition: Teams that can use the platform by now, by what they have of each surface (version control, CI/CD, model registry, ...), as last declared: strategic (the organisation's way), tactical (their own stopgap, with its age), none, or not required; undeclared where nobody said. The share is strategic over all that need it and have declared. Beside the word stands what the data shows: teams with a trace of its use in the last 90 days (runs for version control and CI/CD, model versions deployed, deployments to development, test and production, incidents found by monitoring); other surfaces leave no trace, and their count is null. The team that builds the platform is not counted. As of now, whatever the period.
-- columns:
--   team_count                teams that can use the platform
--   strategic_count           declared: the organisation's way
--   tactical_count            declared: a stopgap of their own
--   missing_count             declared: needed, and not there
--   not_required_count        declared: not needed
--   undeclared_count          nobody said
--   strategic_ratio           strategic over strategic, tactical and missing
--   strategic_ratio_low       lower end of its 95 % interval (Wilson)
--   strategic_ratio_high      upper end
--   dated_count               of the stopgaps, those whose beginning is known
--   tactical_days_median      median age of these
--   tactical_days_p75         three of four are at most so old
--   tactical_days_p90         nine of ten are at most so old
--   seen_count                teams whose use the data shows; null where it would leave no trace
--   seen_undeclared_count     of these, nobody said that they have it, or they said that they have not
--   declared_day              oldest declaration among them
select
    /* group */
    count(*) as team_count,
    count(*) filter (level = 'strategic') as strategic_count,
    count(*) filter (level = 'tactical') as tactical_count,
    count(*) filter (level = 'none') as missing_count,
    count(*) filter (level = 'not_required') as not_required_count,
    count(*) filter (level is null) as undeclared_count,
    ratio(strategic_count, strategic_count + tactical_count + missing_count) as strategic_ratio,
    wilson_low(strategic_count, strategic_count + tactical_count + missing_count) as strategic_ratio_low,
    wilson_high(strategic_count, strategic_count + tactical_count + missing_count) as strategic_ratio_high,
    count(age_days) filter (level = 'tactical') as dated_count,
    quantile_cont(age_days, 0.5) filter (level = 'tactical') as tactical_days_median,
    quantile_cont(age_days, 0.75) filter (level = 'tactical') as tactical_days_p75,
    quantile_cont(age_days, 0.9) filter (level = 'tactical') as tactical_days_p90,
    case when count(is_seen) > 0 then count(*) filter (is_seen) end as seen_count,
    case when count(is_seen) > 0 then count(*) filter (is_seen and coalesce(level, 'none') = 'none') end as seen_undeclared_count,
    min(declared_day) as declared_day
from marts.capability
where true /* and where */
group by all
