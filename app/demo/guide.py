"""What stands beside the simulated exports: the configuration that reads them, and a page that says what they are."""

from datetime import date

CONFIG = """\
# A SIMULATED organisation, written by `uptake demo`. No team, person or figure in it is real.
timezone = "Europe/Amsterdam"

[organisation]
name = "Acme (simulated)"

[environments]
production = ["prod*", "live"]
test = ["test*", "staging", "acc*"]
development = ["dev*"]

# How a deployment through the platform is recognised when its record does not say.
[platform]
uses = ["acme/ml-platform/.github/workflows/*"]
workflows = ["ML deploy*"]

[[source]]
name = "demo"
kind = "files"
path = "exports"
simulated = true
max_rejected_ratio = 0.01
"""

_README = """\
# A simulated organisation

**Everything in this folder is made up.** No team, person, product or figure in it exists. It was written by

    uptake demo --seed {seed} --teams {teams} --months {months}

and covers {start} up to, not including, {end}. The same command on the same day writes the same bytes.

| file | what it is |
|---|---|
| `uptake.toml` | the configuration that reads the exports; the source is marked as simulated, and every page says so |
| `exports/` | the records as files, in CSV, JSON lines and Parquet, with a few rows that are wrong on purpose |
| `truth.json` | what was put in (`parameters`) and what came out in these rows (`realised`); Uptake never reads it |

To look at it, from this folder:

    uptake --config uptake.toml --data data ingest
    uptake --config uptake.toml --data data app

## What is in it

- Teams that adopted a machine-learning platform one after the other, some that stopped, some that wait, some that never
  started, and the team that builds it.
- A known effect. Adoption multiplies the working hours between releases by 0.55, those in review by 0.80 and those
  waiting for approval by 0.70; it takes the chance that a release goes wrong from 22 % to 11 %.
- Things that mislead: faster teams tend to adopt first, teams adopt after bad weeks, everybody gets slightly faster
  over time, and good months and bad months come and go. `realised.effects` in `truth.json` therefore gives three
  figures: before, after, and after had adoption changed nothing.
- Weekends, Dutch holidays, a quiet fortnight around Christmas, retrains every night, pipelines that fail and pass when
  run again, incidents that name a deployment, a product, a repository or only a team.
- Two surveys on twelve pains, and a roadmap that answers some of them.
"""


def readme(seed: int, teams: int, start: date, end: date) -> str:
    months = (end.year - start.year) * 12 + end.month - start.month
    return _README.format(seed=seed, teams=teams, months=months, start=start.isoformat(), end=end.isoformat())
