-- question: How long does a team take from being onboarded to its first production deployment?
-- version: 2
-- needs: team, deployment
-- cases: first_cases
-- compare: yes
-- dimensions: team_id, domain, support_model
-- definition: From onboarding to the first succeeded production deployment through the platform. Teams that still wait count as longer than they have waited so far (Kaplan-Meier). Counted when onboarded.
-- columns:
--   team_count                teams onboarded
--   deployed_count            of these, those that have deployed
--   waiting_count             of these, those that wait
--   first_days_median         median days, waiting teams included (Kaplan-Meier)
--   first_days_p75            three of four teams take at most this, waiting teams included
--   first_days_p90            nine of ten teams take at most this, waiting teams included
select
    /* group */
    count(first_days) + count(waiting_days) as team_count,
    count(first_days) as deployed_count,
    count(waiting_days) as waiting_count
from marts.adoption
where day is not null /* and where */
group by all
