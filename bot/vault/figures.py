"""Which counts of a month may be published: a partition into places, no cell of which is smaller than the floor (S86).

Every counted report stands in one cell at most and there are no totals, so that nothing is found out by subtraction.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

FLOOR = 5  # S86: a cell of one to four reports could identify a woman
Cells = Mapping[tuple[str, str, str], int]  # month, zone, what


def partition(cells: Cells, way_up: Mapping[str, Sequence[str]]) -> dict[tuple[str, str, str], int]:
    """Cells of at least five, each in the smallest place where all that remains there may be shown.

    `way_up` gives a zone's places from itself to the country. Where one zone of a place is too small, the whole of that
    place goes up together: a neighbour that stayed behind could be taken from the sum.
    """
    shown: dict[tuple[str, str, str], int] = {}
    for month, what in sorted({(month, what) for month, _zone, what in cells}):
        left = Counter({zone: n for (m, zone, w), n in cells.items() if (m, w) == (month, what) and n > 0})
        levels = max((len(way_up[zone]) for zone in left), default=0)
        for level in range(levels):
            sums: Counter[str] = Counter()
            inside: defaultdict[str, set[str]] = defaultdict(set)
            for zone, count in left.items():
                place = way_up[zone][min(level, len(way_up[zone]) - 1)]
                sums[place] += count
                inside[_above(way_up[zone], level)].add(place)
            ready = {place for places in inside.values() if all(sums[p] >= FLOOR for p in places) for place in places}
            shown |= {(month, place, what): sums[place] for place in ready}
            left = Counter({z: n for z, n in left.items() if not ready & set(way_up[z][level : level + 1])})
    return shown


def _above(way: Sequence[str], level: int) -> str:
    return way[min(level + 1, len(way) - 1)]
