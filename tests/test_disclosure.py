"""Small numbers attacked: by subtraction, by weeks, filters and nested periods, by knowing the method, by adding one asker."""

from collections import Counter, defaultdict
from itertools import chain, combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.usecases.disclosure import (
    CONTENT,
    DETAIL_FROM,
    FEEDBACK,
    REPEAT,
    REST,
    TIME,
    TOTAL,
    Cell,
    Leaves,
    Path,
    Tally,
    protect,
    release,
    tighten,
)

leaf = st.one_of(
    st.tuples(st.just("answer"), st.sampled_from("tu"), st.sampled_from("bd"), st.sampled_from(["r1", "r2", "r3"])),
    st.tuples(st.just("clarify"), st.sampled_from(["r1+r2", "r2+r3"])),
    st.tuples(st.just("decline"), st.sampled_from(["tidak-ada", "sapaan", "lapor"])),
)
trees = st.dictionaries(leaf, st.integers(1, 14), min_size=1, max_size=18)


def tally(**channels: dict[Path, int]) -> Tally:
    """A week whose other families hold the same questions in other groups."""
    totals = {name.replace("_", "-"): sum(leaves.values()) for name, leaves in channels.items()}
    content: dict[str, Leaves] = {name.replace("_", "-"): leaves for name, leaves in channels.items()}
    time: dict[str, Leaves] = {
        name: {("2026-11-16", "08", f"{n + 8:02}"): size for n, size in enumerate(_parts(total))} for name, total in totals.items()
    }
    feedback: dict[str, Leaves] = {name: {("tanpa",): total} for name, total in totals.items()}
    return Tally({CONTENT: content, TIME: time, FEEDBACK: feedback}, {})


def _parts(total: int) -> list[int]:
    return [total // 4 + (n < total % 4) for n in range(4)]


def children_hidden(leaves: Leaves, node: Path, shown: set[Path]) -> set[str]:
    """Keys below a node that are not told apart."""
    here = {path[len(node)] for path in leaves if path[: len(node)] == node and len(path) > len(node)}
    return {key for key in here if not any(path[: len(node) + 1] == (*node, key) for path in shown)}


@pytest.mark.parametrize(("k", "keys"), [(3, "abc"), (5, "abc"), (5, "ab"), (3, "abcd")])
def test_even_who_knows_the_method_cannot_work_out_a_small_number(k: int, keys: str) -> None:
    """Every table with the same published numbers is tried: no sum of keys is the same small number in all of them."""
    consistent: defaultdict[tuple[tuple[Path, int], ...], list[tuple[int, ...]]] = defaultdict(list)
    for counts in product(range(3 * k), repeat=len(keys)):
        shown = protect({(name,): count for name, count in zip(keys, counts, strict=True)}, k)
        consistent[tuple(sorted(shown.items()))].append(counts)
    for shown, tables in consistent.items():
        if not shown:
            continue
        for some in chain.from_iterable(combinations(range(len(keys)), size) for size in range(1, len(keys))):
            sums = {sum(table[key] for key in some) for table in tables}
            assert len(sums) > 1 or not 0 < min(sums) < k, (shown, tables)


@given(trees, st.integers(3, 8))
def test_all_that_is_shown_are_disjoint_groups_of_at_least_k_that_hold_everything(leaves: dict[Path, int], k: int) -> None:
    shown = protect(leaves, k)
    total = sum(leaves.values())
    assert sum(shown.values()) == (total if total >= k else 0)
    assert all(count >= k for count in shown.values())
    for path, count in shown.items():
        if path[-1] != REST:
            assert leaves[path] == count
        else:
            hidden = children_hidden(leaves, path[:-1], set(shown) - {path})
            assert len(hidden) != 1, "one hidden key is the total less the others"
            assert count == sum(n for leaf_, n in leaves.items() if leaf_[: len(path) - 1] == path[:-1] and leaf_[len(path) - 1] in hidden)


@given(trees, st.integers(3, 6))
def test_no_sum_or_difference_of_shown_numbers_isolates_a_small_group(leaves: dict[Path, int], k: int) -> None:
    """Every node's shown number less any of its shown parts leaves nobody or at least k."""
    shown = protect(leaves, k)
    for length in range(4):
        for node in {path[:length] for path in shown}:
            inside = [count for path, count in shown.items() if path[:length] == node]
            for size in range(1, min(len(inside), 4)):
                for part in combinations(inside, size):
                    left = sum(inside) - sum(part)
                    assert left == 0 or left >= k


@given(trees, leaf, st.integers(3, 6))
def test_one_asker_more_never_shows_as_a_number_below_k(leaves: dict[Path, int], path: Path, k: int) -> None:
    before, after = protect(leaves, k), protect(Counter(leaves) + Counter({path: 1}), k)
    for group in {*before, *after}:
        assert before.get(group, 0) == 0 or before[group] >= k
        assert after.get(group, 0) == 0 or after[group] >= k
    small = sum(count for leaf_, count in leaves.items() if leaf_ == path) + 1 < k
    assert not small or path not in after


@given(trees, st.integers(3, 4), st.integers(5, 9))
def test_a_stricter_office_hides_more_of_what_was_counted_before(leaves: dict[Path, int], k: int, stricter: int) -> None:
    shown = protect(leaves, k)
    again = protect(shown, stricter)
    assert all(count >= stricter for count in again.values())
    assert sum(again.values()) in (0, sum(shown.values()))


@given(st.lists(st.integers(5, 30), min_size=2, max_size=5), st.lists(st.integers(5, 30), min_size=2, max_size=5), st.data())
def test_two_families_never_force_a_group_of_one_into_a_group_of_the_other(one: list[int], other: list[int], data: st.DataObject) -> None:
    """For any two groups there is a table with the published sizes in which somebody is in the first and not in the second."""
    short = sum(one) - sum(other)
    if short > 0:
        other[0] += short
    else:
        one[0] -= short
    row, column = data.draw(st.integers(0, len(one) - 1)), data.draw(st.integers(0, len(other) - 1))
    elsewhere = next(n for n in range(len(other)) if n != column)
    rows, columns = list(one), list(other)
    rows[row] -= 1
    columns[elsewhere] -= 1
    assert min(rows) >= 0
    assert min(columns) >= 0
    assert sum(rows) == sum(columns), "what is left can be filled in any way"


def test_a_small_week_tells_only_its_total() -> None:
    shown = release(tally(telegram={("answer", "t", "b", "r1"): DETAIL_FROM - 1}), 5)
    assert shown == (Cell("telegram", TOTAL, (), DETAIL_FROM - 1),)


def test_a_channel_of_few_is_left_out_and_cannot_be_subtracted() -> None:
    shown = release(tally(telegram={("answer", "t", "b", "r1"): 60}, web={("answer", "t", "b", "r1"): 4}), 5)
    assert {cell.channels for cell in shown} == {"telegram"}
    assert sum(cell.count for cell in shown if cell.family == TOTAL) == 60


def test_small_channels_are_thrown_together_where_that_is_enough() -> None:
    week = tally(web={("answer", "t", "b", "r1"): 30}, telegram_grup={("answer", "t", "b", "r1"): 30}, telegram={("answer", "t", "b", "r1"): 80})
    shown = release(week, 5)
    assert {cell.channels for cell in shown if cell.family == CONTENT} == {"telegram", "telegram-grup+web"}
    assert [cell.count for cell in shown if cell.family == TOTAL] == [80, 30, 30]


def test_repeats_are_counted_apart_and_from_k() -> None:
    week = tally(telegram={("answer", "t", "b", "r1"): 60}, web={("answer", "t", "b", "r1"): 60})
    shown = release(Tally(week.families, {"telegram": 5, "web": 4, "telegram-grup": 9}), 5)
    assert [(cell.channels, cell.count) for cell in shown if cell.family == REPEAT] == [("telegram", 5)]


@given(st.dictionaries(st.sampled_from(["telegram", "web", "telegram-grup"]), trees, min_size=1), st.integers(3, 6), st.integers(7, 40))
@settings(max_examples=60)
def test_all_cells_of_a_stream_add_up_to_its_channels_also_when_tightened(channels: dict[str, dict[Path, int]], k: int, stricter: int) -> None:
    shown = release(tally(**{name.replace("-", "_"): leaves for name, leaves in channels.items()}), k)
    for cells, least in ((shown, k), (tighten(shown, stricter), stricter)):
        totals = {cell.channels: cell.count for cell in cells if cell.family == TOTAL}
        streams = {cell.channels for cell in cells if cell.family == CONTENT}
        named = [name for stream in streams for name in stream.split("+")]
        assert len(named) == len(set(named)), "no question is in two streams"
        assert all(cell.count >= least for cell in cells)
        for stream, family in product(streams, (CONTENT, TIME, FEEDBACK)):
            group = [cell.count for cell in cells if (cell.channels, cell.family) == (stream, family)]
            assert sum(group) == sum(totals[name] for name in stream.split("+"))
