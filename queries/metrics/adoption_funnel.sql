-- question: How many teams could use the platform, do, and keep doing so?
-- version: 2
-- ignores: by, since, until
-- needs: team, deployment
-- dimensions: team_id, domain, support_model
-- definition: Teams that could use the platform by now; of these, onboarded; seen with a first run or deployment through it; with a first succeeded production deployment through it; habitual, with one in at least 6 of the last 8 whole weeks; and lapsed, with no production change through it for 30 days or twice their usual gap, whichever is longer, so that a monthly model is not called lapsed (retrains count as changes where a team has made changes on fewer than 3 days). Each stage is counted by itself: a team may deploy without ever having been onboarded. The team that builds the platform is not counted.
-- columns:
--   eligible_count            teams that could use it by now
--   onboarded_count           onboarded
--   first_run_count           seen with a run or deployment through it
--   first_deployment_count    with a production deployment through it
--   habitual_count            active in at least 6 of the last 8 whole weeks
--   lapsed_count              went quiet
--   eligible_day              from when the first of them could use it
--   onboarded_day             when the first was onboarded
--   first_run_day             first run or deployment
--   first_deployment_day      first production deployment
--   last_deployment_day       newest production deployment
--   usual_gap_days            median days between production changes (of one team; of several, the shortest)
--   lapsed_day                since when the first went quiet
select
    /* group */
    count(*) as eligible_count,
    count(day) as onboarded_count,
    count(first_run_day) as first_run_count,
    count(first_deployment_day) as first_deployment_count,
    count(*) filter (is_habitual) as habitual_count,
    count(*) filter (is_lapsed) as lapsed_count,
    min(eligible_day) as eligible_day,
    min(day) as onboarded_day,
    min(first_run_day) as first_run_day,
    min(first_deployment_day) as first_deployment_day,
    max(last_deployment_day) as last_deployment_day,
    min(usual_gap_days) as usual_gap_days,
    min(lapsed_day) as lapsed_day
from marts.adoption
where is_eligible /* and where */
group by all
