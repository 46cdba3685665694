"""Which groups of respondents are not shown: those under the privacy floor, and others lest one follow by subtraction.

A view is a way to split the respondents to a pain: by domain, team, role or several of them; its groups are cells. What
is shown of coarser views (the total among them) is known, so the cells that are hidden within a coarser group that is
shown are at least two, and together no fewer than the floor; and a coarser group that is hidden has a hidden cell.
Adding and subtracting what is shown of all views then gives no group under the floor (a test tries it). Who knows from
elsewhere which groups nobody belongs to may still conclude more; no floor guards against that.
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations, repeat

import polars as pl

Cell = tuple[object, ...]
PEOPLE = ("domain", "team_id", "role")


def view_of(columns: Iterable[str]) -> tuple[str, ...]:
    """The view that grouping or filtering by these columns needs; a team lies in its domain."""
    wanted = {*columns} | ({"domain"} if "team_id" in columns else set())
    return tuple(name for name in PEOPLE if name in wanted)


def hide_small(
    frame: pl.DataFrame,
    keys: list[str],
    view: tuple[str, ...],
    *,
    cells: pl.DataFrame,
    asked: pl.DataFrame,
    floor: int,
    about: tuple[str, ...],
    count: str,
) -> pl.DataFrame:
    """Nulls the rows of an answer that hold a hidden cell, and adds `withheld` with the reason.

    `keys` are the columns that the answer is grouped by, `cells` all cells of its view, `asked` those that its filter
    lets pass; both have the columns of `about` (answers that nobody can add up), the view's, and `count`: people.
    """
    counts: dict[Cell, dict[Cell, int]] = defaultdict(dict)
    for one, cell, people in zip(_cells(cells, about), _cells(cells, view), cells[count], strict=True):
        counts[one][cell] = people
    hidden = {one: _hidden(of_one, view, floor) for one, of_one in counts.items()}
    by = [name for name in keys if name in (*about, *view)]
    closed = {
        group
        for one, cell, group in zip(_cells(asked, about), _cells(asked, view), _cells(asked, by), strict=True)
        if cell in hidden[one]
    }
    is_closed = pl.Series((group in closed for group in _cells(frame, by)), dtype=pl.Boolean)
    frame = frame.with_columns(
        withheld=pl.when(pl.col(count) < floor)
        .then(pl.lit(f"fewer than {floor} answers"))
        .when(is_closed)
        .then(pl.lit("hidden so that a smaller group cannot be derived"))
    )
    values = [name for name in frame.columns if name not in {*keys, "withheld"}]
    return frame.with_columns(pl.when(pl.col("withheld").is_null()).then(pl.col(name)).alias(name) for name in values)


def _cells(frame: pl.DataFrame, columns: Iterable[str]) -> list[Cell]:
    """The values of each row in some columns; empty where there are none."""
    names = list(columns)
    return frame.select(names).rows() if names else [()] * len(frame)


def _hidden(counts: dict[Cell, int], view: tuple[str, ...], floor: int) -> set[Cell]:
    """The hidden cells of a view, given the number of answers of each."""
    hidden = {cell for cell, count in counts.items() if count < floor}
    coarser = [_groups(counts, view, part, floor) for part in _coarser(view)]
    changed = True
    while changed:
        changed = False
        for cells, is_hidden in (group for groups in coarser for group in groups):
            inside = [cell for cell in cells if cell in hidden]
            enough = len(inside) >= 2 and sum(counts[cell] for cell in inside) >= floor
            fine = bool(inside) if is_hidden else enough or not inside
            if not fine and len(inside) < len(cells):
                shown = [cell for cell in cells if cell not in hidden]
                hidden.add(min(shown, key=lambda cell: (counts[cell], str(cell))))
                changed = True
    return hidden


def _groups(
    counts: dict[Cell, int], view: tuple[str, ...], part: tuple[str, ...], floor: int
) -> list[tuple[list[Cell], bool]]:
    """The groups of a coarser view: the cells of the finer one that each holds, and whether it is hidden itself."""
    values = [[cell[view.index(name)] for cell in counts] for name in part]
    members: dict[Cell, list[Cell]] = defaultdict(list)
    for cell, group in zip(counts, zip(*values, strict=True) if values else repeat(()), strict=False):
        members[group].append(cell)
    hidden = _hidden({group: sum(counts[cell] for cell in cells) for group, cells in members.items()}, part, floor)
    return [(cells, group in hidden) for group, cells in members.items()]


def _coarser(view: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Every view with fewer columns; the total is the one without any. A team is never taken out of its domain."""
    parts = [part for size in range(len(view)) for part in combinations(view, size)]
    return [part for part in parts if "team_id" not in part or "domain" in part]
