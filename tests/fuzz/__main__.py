"""python -m tests.fuzz [--seconds N] [--seed N] [TARGET...]: tries damaged input and says what came of it."""

import argparse
import tempfile
import time
import traceback
from pathlib import Path
from random import Random

from tests.fuzz.targets import TARGETS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=120, help="for all targets together (default: 120)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first trial (default: the time)")
    parser.add_argument("--trials", type=int, default=10**9, help="at most so many of each target")
    options = parser.parse_args()
    names = options.targets or list(TARGETS)
    total = 0
    faults: dict[str, str] = {}
    for name in names:
        with tempfile.TemporaryDirectory() as folder, TARGETS[name](Path(folder)) as trial:
            until = time.monotonic() + options.seconds / len(names)
            seed = options.seed
            while time.monotonic() < until and seed - options.seed < options.trials:
                try:
                    trial(Random(seed))
                except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
                    where = traceback.extract_tb(error.__traceback__)[-1]
                    what = f"{name}: {type(error).__name__} at {where.filename.rpartition('/')[2]}:{where.lineno}"
                    if what not in faults:
                        faults[what] = f"--seed {seed} --trials 1 {name}: {str(error)[:300]}"
                seed += 1
            print(f"{name:20} {seed - options.seed:6,} trials", flush=True)
            total += seed - options.seed
    print(f"{total:,} trials, {len(faults)} faults")
    for what, how in faults.items():
        print(f"  {what}\n    {how}")
    return bool(faults)


if __name__ == "__main__":
    raise SystemExit(main())
