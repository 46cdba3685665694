"""`uptake demo`: a simulated organisation as source files, with a known truth beside them."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

from app.demo.dirty import add_bad_rows
from app.demo.files import export_files
from app.demo.guide import CONFIG, readme
from app.demo.parameters import Effects
from app.demo.rows import rows
from app.demo.simulation import simulate
from app.demo.truth import truth
from ingest.errors import ConfigError
from ingest.records import RECORDS


def write(out: Path, seed: int = 1, teams: int = 40, months: int = 18, end: date | None = None) -> Path:
    """Writes a simulated organisation to `out` and returns the path of its uptake.toml.

    The data cover `months` months up to the midnight (UTC) that begins `end`, by default today. The same arguments
    give the same bytes. An earlier simulation in `out` is replaced; raises ConfigError for anything else there, and for
    numbers that make no organisation.
    """
    if teams < 1 or months < 1:
        raise ConfigError("a simulated organisation needs at least 1 team and 1 month; see --teams and --months")
    end = end or datetime.now(UTC).date()
    start = _months_before(end, months)
    _clear(out)
    simulation = simulate(seed, teams, start, end, Effects())
    files = export_files(rows(simulation))
    bad_rows = add_bad_rows(files, simulation.world.rng("dirty"))
    for file in files:
        (out / "exports" / file.name).write_bytes(file.content())
    _write(out / "truth.json", json.dumps(truth(simulation, bad_rows), indent=1, ensure_ascii=False) + "\n")
    _write(out / "README.md", readme(seed, teams, start, end))
    return _write(out / "uptake.toml", CONFIG)


def _write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def _months_before(end: date, months: int) -> date:
    year, month = divmod(end.year * 12 + end.month - 1 - months, 12)
    return date(year, month + 1, min(end.day, 28))


def _clear(out: Path) -> None:
    """Makes room: removes the files of an earlier simulation, and refuses a folder that holds something else."""
    config, exports = out / "uptake.toml", out / "exports"
    is_ours = config.exists() and config.read_text("utf-8").startswith(CONFIG.splitlines()[0])
    if not is_ours and (config.exists() or (exports.is_dir() and any(exports.iterdir()))):
        raise ConfigError(f"{out}: holds something else than a simulated organisation; give another folder with --out")
    exports.mkdir(parents=True, exist_ok=True)
    for noun in RECORDS:
        for file in exports.glob(f"{noun}*"):
            file.unlink()
