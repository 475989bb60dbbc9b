"""The parts of the index of accounts: folded text, orders in buckets, cursors."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ums_service.directory.cursors import Cursor
from ums_service.directory.folding import folded
from ums_service.directory.order import Key, Order
from ums_service.directory.rows import SORTS
from ums_service.domain.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Müller", "muller"),
        ("MU\u0308LLER", "muller"),
        ("Straße", "strasse"),
        ("Łukasz Ørsted", "lukasz orsted"),
        ("Þór Æsir", "thor aesir"),
        ("  two\tlines\nhere ", "two lines here"),
        ("İstanbul", "istanbul"),
        ("ﬁnn", "finn"),
        ("Δημήτρης", "δημητρησ"),
        ("Дмитрий", "дмитрии"),
        ("王小明", "王小明"),
    ],
)
def test_case_and_accents_do_not_matter(text: str, expected: str):
    assert folded(text) == expected


@given(st.text(max_size=30))
def test_folding_is_done_once_for_all_and_leaves_one_line(text: str):
    assert folded(folded(text)) == folded(text)
    assert not any(end in folded(text) for end in "\n\r\u2028\x85")


def kind(row: int) -> int:
    return row % 2


def rows_of(order: Order, *, descending: bool, after: Key | None = None) -> list[int]:
    rows = []
    for bucket in order.buckets(descending=descending, after=after):
        some = order.in_order(bucket)
        rows += some[::-1] if descending else some
    return rows


@given(
    st.lists(st.integers(0, 9_999), unique=True, max_size=3_000),
    st.lists(st.integers(0, 9_999), max_size=300),
    st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_an_order_stays_sorted_through_all_changes(
    loaded: list[int], toggled: list[int], descending: bool
):
    def key(row: int) -> Key:
        return float(row * 7919 % 101), f"{row:05}"

    order, there = Order(key, kind, loaded[: len(loaded) // 300]), set(loaded)
    order.take(loaded)
    for row in toggled[::2]:
        (order.remove if row in there else order.add)(row)
        there ^= {row}
    for _ in order.sort():
        pass
    for row in toggled[1::2]:
        (order.remove if row in there else order.add)(row)
        there ^= {row}
    expected = sorted(there, key=key, reverse=descending)
    assert rows_of(order, descending=descending) == expected
    for place in (0, len(expected) // 2, len(expected) - 1):
        if expected:
            behind = rows_of(order, descending=descending, after=key(expected[place]))
            assert behind == expected[place + 1 :]
    odd = sum(order.count(some, {1}) for some in order.buckets(descending=descending))
    assert odd == sum(kind(row) for row in there)


def test_buckets_stay_small_however_rows_come() -> None:
    order = Order(lambda row: (float(row), ""), kind)
    for row in range(5_000):
        order.add(row)
    buckets = list(order.buckets(descending=False))
    assert max(len(bucket.rows) for bucket in buckets) <= 512
    assert rows_of(order, descending=False) == list(range(5_000))
    for row in range(5_000):
        order.remove(row)
    assert rows_of(order, descending=False) == []
    assert len(list(order.buckets(descending=True))) == 1


@pytest.mark.parametrize("descending", [False, True])
def test_a_bucket_that_grows_meanwhile_is_not_met_twice(*, descending: bool):
    order = Order(lambda row: (float(row), ""), kind)
    for row in range(2_000):
        order.add(row)
    walk, met = order.buckets(descending=descending), list[int]()
    first = order.in_order(next(walk))
    met += first
    second = order.in_order(list(order.buckets(descending=descending))[1])
    for row in second:
        order.remove(row)
    for bucket in walk:
        met += order.in_order(bucket)
    assert sorted(met) == sorted(set(range(2_000)) - set(second))


@pytest.mark.parametrize(
    "text",
    ["", "x", "AAAA", "W10=", "WzEsMiwzLDRd", "é", "bnVsbA==", "W1siYSJdLDEsMiwzXQ=="],
)
def test_a_cursor_that_was_not_given_is_refused(text: str):
    with pytest.raises(InvalidInput):
        Cursor.parse(text)


@pytest.mark.parametrize("name", sorted(SORTS))
def test_a_cursor_is_read_back_as_it_was(name: str):
    text_like = SORTS[name].kind is str
    cursor = Cursor(name, descending=True, key=("ü" * 64 if text_like else 1.5, "id"))
    assert Cursor.parse(cursor.text) == cursor
    assert len(cursor.text) < 1_024
