"""Tables on terminals of any width: numbers, states, times and ids are complete, or their column is left out."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl_job.manifest.model import RunManifest
from quartal.cli import features
from quartal.core.console import Console, SafeConsole
from quartal.core.terminal_tables import Column, Kind
from quartal.core.terminal_tables import shown as shown_value
from quartal.runs import costs, outcome
from quartal.runs.history import print_history
from tests.unit.quartal.manifest_examples import delivery_counts, run_manifest

RUNS = ("wr_2909c13f0d8c4a5f9a6f7c1c1b1fd5a1e2c3a4b5d6e7f8091a2b3c4d5e6f7089", "wr_2909c9" + "0" * 61)


def console(width: int, *, is_terminal: bool = True) -> tuple[Console, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), io.StringIO()
    made = [
        SafeConsole(file=file, force_terminal=is_terminal, color_system=None, emoji=False, width=width, highlight=False)
        for file in (out, err)
    ]
    return Console(out=made[0], err=made[1]), out, err


def manifest(run_id: str, status: str, *deliveries: str) -> RunManifest:
    return run_manifest(
        run_id=run_id,
        started_at="2026-11-29T02:48:11.000000Z",
        status=status,
        deliveries=[delivery_counts(name) for name in deliveries],
        totals={"rows_in": 1_003_482, "kept": 985_000, "quarantined": 15_482, "duplicates": 3_000, "conflicts": 0},
        seconds=51.2,
    )


HISTORY = [
    manifest(RUNS[0], "SUCCEEDED", *(f"{year}Q{quarter}" for year in (2023, 2024) for quarter in (1, 2, 3, 4))),
    manifest(RUNS[1], "FAILED", "2024Q1"),
]


@pytest.mark.parametrize(
    ("width", "columns", "left_out"),
    [
        (
            80,
            ["started (UTC)", "run", "status", "deliveries", "kept"],
            ["quarantined", "rows in", "duplicates", "seconds"],
        ),
        (
            120,
            ["started (UTC)", "run", "status", "deliveries", "rows in", "kept", "quarantined", "duplicates", "seconds"],
            [],
        ),
        (
            200,
            ["started (UTC)", "run", "status", "deliveries", "rows in", "kept", "quarantined", "duplicates", "seconds"],
            [],
        ),
    ],
)
def test_history_shows_what_fits_and_names_what_does_not(width, columns, left_out):
    shown, out, err = console(width)
    print_history(shown, HISTORY)
    lines = out.getvalue().splitlines()
    assert re.split(r"\s{2,}", next(line for line in lines if "started" in line).strip()) == columns
    assert max(map(len, lines)) <= width
    assert "2026-11-29 02:48:11" in out.getvalue()
    assert "985,000" in out.getvalue()
    assert "✓ SUCCEEDED" in out.getvalue()
    assert "✗ FAILED" in out.getvalue()
    assert all(name in err.getvalue() for name in left_out)
    assert ("Columns that did not fit" in err.getvalue()) == bool(left_out)


@pytest.mark.parametrize("width", [8, 20, 40])
def test_terminal_that_is_too_narrow_for_the_least_columns_wraps_them_and_loses_none(width):
    shown, out, _ = console(width)
    print_history(shown, HISTORY)
    told = out.getvalue()
    assert re.split(r"\s{2,}", next(line for line in told.splitlines() if "started" in line).strip())[:3] == [
        "started (UTC)",
        "run",
        "status",
    ]
    assert "wr_2909c13" in told
    assert "✓ SUCCEEDED" in told


def test_ids_are_shortened_as_far_as_they_stay_unique():
    shown, out, _ = console(120)
    print_history(shown, HISTORY)
    assert re.findall(r"wr_\w+", out.getvalue()) == ["wr_2909c13", "wr_2909c90"]


def test_ids_that_begin_alike_are_shown_up_to_where_they_differ():
    shown, out, _ = console(200)
    print_history(shown, [manifest(f"wr_2909c13f0d8{end * 53}", "SUCCEEDED", "2024Q1") for end in "ab"])
    assert re.findall(r"wr_\w+", out.getvalue()) == ["wr_2909c13f0d8a", "wr_2909c13f0d8b"]


def test_reason_stands_under_the_id_of_the_table():
    shown, out, err = console(200)
    runs = [manifest(f"wr_2909c13f0d8{end * 53}", "FAILED", "2024Q1") for end in "ab"]
    print_history(shown, [run.model_copy(update={"reason": "no"}) for run in runs])
    assert re.findall(r"wr_\w+: no", err.getvalue()) == ["wr_2909c13f0d8a: no", "wr_2909c13f0d8b: no"]
    assert "wr_2909c13f0d8a " in out.getvalue()


@pytest.mark.parametrize("arguments", [{"is_terminal": False}, {"is_terminal": True, "wide": True}])
def test_rows_are_shown_in_full_on_request_or_without_a_terminal(arguments):
    wide = arguments.pop("wide", False)
    shown, out, err = console(80, **arguments)
    print_history(shown, HISTORY, wide=wide)
    assert RUNS[0] in out.getvalue().replace("\n", "")
    assert "Columns that did not fit" not in err.getvalue()


@given(
    numbers=st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=4),
    names=st.lists(st.text("abc def", min_size=0, max_size=30), min_size=1, max_size=4),
    width=st.integers(30, 220),
)
def test_no_number_is_ever_cut(numbers, names, width):
    columns = [
        *(Column(f"n{i}", Kind.WHOLE, optional=i) for i in range(len(numbers))),
        *(Column(f"t{i}", optional=9 + i) for i in range(len(names))),
    ]
    shown, out, err = console(width)
    shown.table("", columns, [(*numbers, *names)], data=[])
    for i, number in enumerate(numbers):
        left_out = f"n{i}" in re.findall(r"\bn\d\b", err.getvalue())
        assert left_out or f"{number:,}" in out.getvalue()
    assert max(map(len, out.getvalue().splitlines())) <= width


def test_answer_with_more_columns_than_fit_names_those_that_are_not_shown():
    shown, out, err = console(80)
    shown.table("", [f"feature_{i:02}" for i in range(40)], [tuple(range(40))], data=[])
    assert "feature_00" in out.getvalue()
    assert "feature_39" in err.getvalue()
    assert max(map(len, out.getvalue().splitlines())) <= 80


TABLES = {
    "tags": (
        features._TAG_COLUMNS,
        [
            (name, "7355255705321241259", "2026-11-29 01:08:01", "2024-03-31", 21_927, RUNS[0])
            for name in ("2024Q1", "2024Q2", RUNS[0])
        ],
    ),
    "cost": (
        costs._COLUMNS,
        [("2026-11-29 01:07:42", run, "SUCCEEDED", "2023Q1, 2023Q2, 2023Q3, 2023Q4", 120, "0.015") for run in RUNS],
    ),
    "run": (
        outcome._COLUMNS,
        [("2023Q1", 1, 1_003_482, 985_000, 15_482, 3_000, "2023-01-01 to 2023-03-31")] * 2,
    ),
}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (0.00002, "2e-05"),
        (-0.00049, "-0.00049"),
        (0.33335, "0.3333"),
        (1234.5, "1,234.5"),
        (float("nan"), "nan"),
        (12345, "12,345"),
        (True, "True"),
    ],
)
def test_numbers_in_tables_are_short_and_never_look_like_nothing(value, expected):
    assert shown_value(value) == expected


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("width", [80, 120, 200])
def test_tables_of_commands_fit_and_keep_their_first_column(name, width):
    columns, rows = TABLES[name]
    shown, out, err = console(width)
    shown.table("", columns, rows, data=[])
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= width
    assert columns[0].name in text
    for column in columns:
        left_out = column.name in err.getvalue()
        assert left_out == (column.name not in text), column.name
        if column.kind is Kind.WHOLE and not left_out:
            assert all(shown_value(row[columns.index(column)]) in text for row in rows)
