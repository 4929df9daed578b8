"""A key that was erased is derived by nobody, and every other one as before."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.vault.tree import CHECK, Damaged, Tree, dump, leaf_of, load, new_tree

IDS = [secrets.token_hex(10) for _ in range(400)]


def test_whoever_has_what_is_left_derives_every_key_but_those_that_were_erased() -> None:
    tree = new_tree()
    keys = {report: tree.key(report) for report in IDS}
    left = tree.without(IDS[:100])
    assert len(set(keys.values())) == len(IDS)
    assert [left.key(report) for report in IDS[:100]] == [None] * 100
    assert {report: left.key(report) for report in IDS[100:]} == {report: keys[report] for report in IDS[100:]}
    assert left.erased == 100


def test_no_seed_that_is_left_lies_on_the_way_to_an_erased_key() -> None:
    left = new_tree().without(IDS[:50])
    ways = {(depth, leaf_of(report) >> (64 - depth)) for report in IDS[:50] for depth in range(65)}
    assert ways.isdisjoint(left.seeds)


def test_an_erasure_writes_about_two_kilobytes_and_five_hundred_a_megabyte() -> None:
    tree = new_tree()
    assert len(dump(tree)) == 81
    assert len(dump(tree.without(IDS[:1]))) < 2700
    assert len(dump(tree.without([secrets.token_hex(10) for _ in range(500)]))) < 1_200_000


@given(st.sets(st.integers(0, 99)), st.sets(st.integers(0, 99)))
def test_two_states_have_in_common_what_neither_has_erased(one: set[int], other: set[int]) -> None:
    left, right = (TREE.without(IDS[place] for place in sorted(places)) for places in (one, other))
    assert left.common(right).seeds == TREE.without(IDS[place] for place in sorted(one | other)).seeds
    assert (left.common(right) is left) == (other <= one)
    assert left.without(IDS[place] for place in sorted(one)) is left


TREE = new_tree()


def test_another_tree_has_nothing_in_common() -> None:
    with pytest.raises(Damaged):
        TREE.common(new_tree())


@given(st.sets(st.integers(0, 99)), st.data())
def test_a_damaged_file_is_noticed_wherever_it_is_damaged(erased: set[int], data: st.DataObject) -> None:
    written = bytearray(dump(TREE.without(IDS[place] for place in sorted(erased))))
    assert load(bytes(written)).key(IDS[100]) == TREE.key(IDS[100])
    at = data.draw(st.integers(0, len(written) - 1))
    written[at] ^= data.draw(st.integers(1, 255))
    for broken in (bytes(written), bytes(written[:at]), bytes(len(written)), b"", bytes(CHECK)):
        with pytest.raises(Damaged):
            load(broken)


def test_a_tree_does_not_print_its_seeds() -> None:
    tree: Tree = new_tree()
    assert tree.seeds[0, 0].hex() not in repr(tree)
    assert repr(tree.seeds[0, 0]) not in repr(tree)
