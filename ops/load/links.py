"""Looks for links between reports and women in all that a thief may carry away: `python -m ops.load.links [WOMEN]
[--postgres]`. Ends with 1 if there is one.

A run (`ops.load.links_run`) lets known women, whose numbers and times of calling are known, file reports, be counted,
leave numbers and write SMS, on two days and in several zones; workers and the clock do their work. Then its material is
read as a thief reads it (`ops.load.links_material`): tables with the physical order of their rows, SQLite's file and
journal, on PostgreSQL the `xmin` and place of each row, an opened backup, logs, and figures collected every 15 seconds.

Of each report, and of each row in which a number lies (sealed or not) or to which a provider's id leads, every trace is
a number: order of rows, second, page, step of the journal, `xmin`, length, place in the backup. For each pair of traces
of one kind reports and women are matched inside day and zone, once by rank and once by nearness. It is a link if more
pairs are right than the mean and three standard deviations of 1,000 permutations inside day and zone. Of some hundred
ways one is above that by chance every few runs: then other women call in a second run, and a link is what both show.

Who has the phone company's list knows the second of each call. Against him the seconds of reports are matched inside
day, zone and hour, because the hour is kept while a ladder runs; and it is counted how many calls fall on a line of
the log or a change of a figure, against 1,000 shifts of all calls. Not looked for, because it is known to be there: the
order in which an officer's tasks came, which their numbers show to her and to whoever has the tables.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from ops.load.links_material import Material, Trace
from ops.load.links_run import Run, Woman
from ops.load.running import postgres

PERMUTATIONS, SIGMAS = 1000, 3
FEWEST = 8  # women of whom there is a trace: of fewer nothing can be said
HOUR = 3600
LIKE_ORDER = frozenset({"order", "backup"})  # kinds that are compared by rank only: their scales differ
Group = tuple[object, ...]


@dataclass(frozen=True)
class Found:
    """What matching by one pair of traces gave: right pairs, and the most that chance gives."""

    by: str
    women: int
    right: int
    most: float

    @property
    def is_link(self) -> bool:
        """Whether more pairs are right than chance gives."""
        return self.right > self.most


def scan(run: Run, materials: Iterable[Material], chance: random.Random) -> list[Found]:
    """All that was tried on these materials, in order."""
    found: list[Found] = []
    for material in materials:
        of_reports, of_women = by_name(material.reports), by_name(material.women)
        for mine, hers in product(sorted(of_reports), sorted(of_women)):
            if mine.split(".")[0] == hers.split(".")[0]:
                name = f"{material.name}: {mine} ~ {hers}"
                found += matched(name, run.women, of_reports[mine], of_women[hers], day_and_zone, chance)
        for name in sorted(of_reports):
            if name.startswith("time."):
                calls = {id: float(woman.called) for id, woman in run.women.items()}
                said = f"{material.name}: {name} ~ the second of the call"
                found += matched(said, run.women, of_reports[name], calls, and_hour, chance)
        if material.small_cells:
            few = material.small_cells
            found.append(Found(f"{material.name}: counts of a few, in the clear", few, few, 0))
        for name, moments in sorted(material.moments.items()):
            found += coinciding(f"{material.name}: {name} ~ calls", run, moments, chance)
    return found


def confirmed(run: Callable[[int], Run]) -> list[Found]:
    """The same for a run, by its seed; where it shows a link, a second run decides which of them are there again."""

    def look(seed: int) -> list[Found]:
        one = run(seed)
        return scan(one, one.materials(), random.Random(seed))  # noqa: S311  (chance, no secret)

    first = look(1)
    if not any(one.is_link for one in first):
        return first
    again = {one.by for one in look(2) if one.is_link}
    return [one if one.by in again else replace(one, most=max(one.most, one.right)) for one in first]


def by_name(traces: Iterable[Trace]) -> dict[str, dict[str, float]]:
    """The values of each trace by woman; the first one where there are several."""
    named: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for trace in traces:
        named[trace.name].setdefault(trace.woman, trace.value)
    return named


def day_and_zone(woman: Woman) -> Group:
    return woman.day, woman.zone


def and_hour(woman: Woman) -> Group:
    return woman.day, woman.zone, woman.called // HOUR


def matched(
    name: str,
    women: Mapping[str, Woman],
    of_reports: Mapping[str, float],
    of_women: Mapping[str, float],
    group: Callable[[Woman], Group],
    chance: random.Random,
) -> list[Found]:
    """Match by rank and, where both are on one scale, by nearness. Traces that are the same for all say nothing."""
    if len(of_women) < FEWEST or len({*of_reports.values()}) == 1 or len({*of_women.values()}) == 1:
        return []
    groups: defaultdict[Group, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, known in enumerate((of_reports, of_women)):
        for id in known:
            groups[group(women[id])][side].append(id)
    ways = [("rank", by_rank)] + ([] if name.split(": ")[1].split(".")[0] in LIKE_ORDER else [("nearness", nearest)])
    return [
        judged(f"{name}, by {way}", [pair(of_reports, of_women, *both, chance) for both in groups.values()], chance)
        for way, pair in ways
    ]


Pairs = list[tuple[str, str]]  # whose report it is, and who is taken for her


def by_rank(
    mine: Mapping[str, float], hers: Mapping[str, float], reports: list[str], women: list[str], chance: random.Random
) -> Pairs:
    """The first with the first, of those of whom there are both traces."""
    both = sorted({*reports} & {*women})
    chance.shuffle(both)  # those that are equal stand in no order
    return list(zip(sorted(both, key=mine.__getitem__), sorted(both, key=hers.__getitem__), strict=True))


def nearest(
    mine: Mapping[str, float], hers: Mapping[str, float], reports: list[str], women: list[str], chance: random.Random
) -> Pairs:
    """Each woman with the report whose trace is nearest to hers; one of them where several are."""
    chance.shuffle(reports)
    return [(min(reports, key=lambda id: abs(mine[id] - hers[woman])), woman) for woman in women if reports]


def judged(by: str, groups: Sequence[Pairs], chance: random.Random) -> Found:
    """Compare the right pairs with permutations inside the groups."""
    right = sum(report == woman for pairs in groups for report, woman in pairs)
    by_chance = []
    for _ in range(PERMUTATIONS):
        total = 0
        for pairs in groups:
            women = [woman for _report, woman in pairs]
            chance.shuffle(women)
            total += sum(report == woman for (report, _), woman in zip(pairs, women, strict=True))
        by_chance.append(total)
    return Found(by, sum(map(len, groups)), right, most_by_chance(by_chance))


def most_by_chance(counts: Sequence[int]) -> float:
    """The mean and three standard deviations, of which one is taken for at least one half pair."""
    return statistics.mean(counts) + SIGMAS * max(0.5, statistics.pstdev(counts))


def coinciding(by: str, run: Run, moments: Sequence[float], chance: random.Random) -> list[Found]:
    """How many calls fall on a moment, against all calls shifted by some minutes to hours."""
    if len(moments) < FEWEST:
        return []
    slots = {int(moment // run.scraped) for moment in moments}
    calls = [woman.called for woman in run.women.values()]

    def hits(shift: int) -> int:
        return sum((call + shift) // run.scraped in slots for call in calls)

    shifts = [hits(chance.choice((-1, 1)) * chance.randrange(120, 3 * HOUR)) for _ in range(PERMUTATIONS)]
    return [Found(by, len(calls), hits(0), most_by_chance(shifts))]


def main(women: int, on_postgres: bool) -> int:
    """Run, scan and print; 1 if there is a link."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def run(seed: int) -> Run:
            url = stack.enter_context(postgres("fsync = off")).url if on_postgres else ""
            (mine := folder / str(seed)).mkdir()
            return Run(mine, url, women, seed)

        found = confirmed(run)
    for one in found:
        print(f"{'LINK' if one.is_link else 'none'}  {one.by}: {one.right} of {one.women} right, chance {one.most:.1f}")
    links = sum(one.is_link for one in found)
    print(f"{women} women, {len(found)} ways tried, {links} links.")
    return 1 if links else 0


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    options.add_argument("women", nargs="?", type=int, default=1000)
    options.add_argument("--postgres", action="store_true", help="on PostgreSQL, started and stopped here")
    given = options.parse_args()
    sys.exit(main(given.women, given.postgres))
