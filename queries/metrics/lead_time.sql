-- question: How long does a change take from its first commit to production, and where does the time go?
-- version: 4
-- needs: change, deployment
-- cases: lead_time_cases
-- compare: yes
-- dimensions: team_id, domain, product, repo, environment, path, is_bot, link_method
-- defaults: is_bot=false
-- definition: First commit to the end of the first succeeded production deployment that contains the change. The deployment is the one the change names, else the first of the same commit or that lists it among the commits it brought, else the first of its repository created after the merge; the first of a repository ships only what was merged in the 30 days before it. Counted when shipped; a change that is not shipped counts when merged. Median, p75 and p90 take changes that still wait as longer than they have waited so far (Kaplan-Meier); beside them stands the median of the shipped alone. The three parts speak of shipped changes. Changes of bots are left out unless asked for.
-- columns:
--   change_count              changes that reached production
--   measured_count            of these, those whose first commit is known
--   unlinked_count            merged changes for which no production deployment was found
--   waiting_count             of these, those whose repository deploys and whose first commit is known: they wait
--   negative_count            shipped changes of which a part is negative: a fault in the data
--   lead_time_hours_median    median, changes that wait included (Kaplan-Meier)
--   lead_time_hours_median_shipped  median of the shipped alone
--   lead_time_hours_p75       three of four changes take at most this, changes that wait included
--   lead_time_hours_p90       nine of ten changes take at most this, changes that wait included
--   coding_hours_median       first commit to opened, of shipped changes
--   coding_hours_p75          three of four take at most this
--   coding_hours_p90          nine of ten take at most this
--   coding_count              shipped changes with that part known
--   review_hours_median       opened to merged, of shipped changes
--   review_hours_p75          three of four take at most this
--   review_hours_p90          nine of ten take at most this
--   review_count              shipped changes with that part known
--   deploy_hours_median       merged to deployment finished
--   deploy_hours_p75          three of four take at most this
--   deploy_hours_p90          nine of ten take at most this
select
    /* group */
    count(deploy_hours) as change_count,
    count(lead_time_hours) as measured_count,
    count(*) - change_count as unlinked_count,
    count(waiting_hours) as waiting_count,
    count(*) filter (is_negative) as negative_count,
    quantile_cont(lead_time_hours, 0.5) as lead_time_hours_median_shipped,
    count(coding_hours) as coding_count,
    count(review_hours) as review_count
from marts.change
where true /* and where */
group by all
