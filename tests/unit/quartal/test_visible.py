"""What others wrote is shown, and does not steer: terminals, reading order, markup, pages."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quartal.core.console import Console, SafeConsole
from quartal.core.errors import QuartalError
from quartal.core.passwords import without_passwords
from quartal.core.visible import visible
from quartal.runs.diagram import DiagramStep, as_table

STEERING = [*map(chr, range(32)), *map(chr, range(0x7F, 0xA0)), *map(chr, range(0x202A, 0x202F))]
STEERING += [*map(chr, range(0x2066, 0x206A)), "\u200e", "\u200f", "\u061c", "\u2028", "\u2029"]
STEERING = [each for each in STEERING if each not in "\t\n"]
MALICIOUS = "a\x1b]0;title\x07\x1b[31mb\x9b2J\u202ec\rd[bold]e[/bold] :cat: \x7f"
SHOWN = r"a\x1b]0;title\x07\x1b[31mb\x9b2J\u202ec\x0dd[bold]e[/bold] :cat: \x7f"


def consoles(*, is_terminal: bool = True) -> tuple[Console, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), io.StringIO()
    made = [
        SafeConsole(file=file, force_terminal=is_terminal, color_system=None, emoji=False, width=200, highlight=False)
        for file in (out, err)
    ]
    return Console(out=made[0], err=made[1]), out, err


@pytest.mark.parametrize(
    "show",
    [
        pytest.param(lambda console: console.result(MALICIOUS, data={}), id="result"),
        pytest.param(lambda console: console.table("", (MALICIOUS,), [(1,)], data=[]), id="name of a column"),
        pytest.param(lambda console: console.table("", ("a",), [(MALICIOUS,)], data=[]), id="cell"),
        pytest.param(lambda console: console.table(MALICIOUS, ("a" * 80,), [(1,)], data=[]), id="title"),
        pytest.param(lambda console: console.heading(MALICIOUS), id="heading"),
        pytest.param(lambda console: console.note(MALICIOUS), id="progress"),
        pytest.param(lambda console: console.done(MALICIOUS), id="success"),
        pytest.param(lambda console: console.warn(MALICIOUS), id="warning"),
        pytest.param(
            lambda console: console.error(QuartalError("m", remedy="r", details=(MALICIOUS,))), id="details of an error"
        ),
        pytest.param(lambda console: console.error(QuartalError(MALICIOUS)), id="error"),
        pytest.param(lambda console: console.error(QuartalError("m", remedy=MALICIOUS)), id="remedy"),
    ],
)
def test_text_from_elsewhere_is_shown_letter_by_letter(show):
    console, out, err = consoles(is_terminal=False)
    show(console)
    printed = out.getvalue() + err.getvalue()
    assert SHOWN in printed
    assert [each for each in STEERING if each in printed] == []


@pytest.mark.parametrize("kind", ["waiting", "counting", "transfer", "live"])
def test_lines_that_move_hand_nothing_of_a_text_to_the_terminal(kind):
    console, _, err = consoles()
    if kind == "live":
        with console.live() as draw:
            draw(as_table((DiagramStep("going", "job", MALICIOUS),)))
    elif kind == "transfer":
        with console.transfer(MALICIOUS, 3):
            pass
    else:
        with getattr(console, kind)(MALICIOUS):
            pass
    printed = err.getvalue()
    assert r"\x1b]0;title" in printed
    assert "\x1b]0" not in printed
    assert "\x1b[31m" not in printed
    assert "\x07" not in printed
    assert "\u202e" not in printed


def test_json_is_exact(capsys):
    Console(as_json=True).json_document({"value": MALICIOUS})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"value": MALICIOUS}
    assert [each for each in STEERING if each in printed] == []


def test_document_into_a_pipe_is_exact(capsys):
    Console().document(MALICIOUS)
    assert capsys.readouterr().out == MALICIOUS


def test_document_on_a_terminal_does_not_steer_it(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    Console().document(MALICIOUS)
    assert capsys.readouterr().out == SHOWN


@given(st.text(st.characters(codec=None)))
def test_escaped_text_can_be_written_anywhere(text):
    shown = visible(text)
    assert not [each for each in STEERING if each in shown]
    assert shown.encode().decode() == shown
    assert visible(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://u:p@ss@host/db", "postgresql://***@host/db"),
        ("postgresql://u:p/a@ss@host/db", "postgresql://***@host/db"),
        ("mysql+pymysql://u:p@s/s@host/db: refused", "mysql+pymysql://***@host/db: refused"),
        ("HTTPS_PROXY=http://me:se@cret@proxy:3128/ failed", "HTTPS_PROXY=http://***@proxy:3128/ failed"),
        ("https://host/@scope/package", "https://host/@scope/package"),
        ("s3://lake/raw/a@b.csv", "s3://lake/raw/a@b.csv"),
        ("git+https://token@host/x and mail a@b.c", "git+https://***@host/x and mail a@b.c"),
        ("'oracle://u:p@1' and \"redis://:pw@h\"", "'oracle://***@1' and \"redis://***@h\""),
        ("nothing", "nothing"),
    ],
)
def test_password_of_an_address_is_hidden_whole(text, shown):
    assert without_passwords(text) == shown


@pytest.mark.parametrize("as_json", [False, True])
def test_error_shows_no_part_of_a_password(capsys, as_json):
    error = QuartalError("postgresql://u:p@ss@host/db", remedy="mysql://u:p@ss@host", details=("x://u:p@ss@host",))
    Console(as_json=as_json).error(error)
    printed = capsys.readouterr()
    assert "ss@" not in printed.out + printed.err
    assert printed.err.count("***@host") == 3


def test_ids_of_snapshots_are_strings_in_json_wherever_they_stand(capsys):
    big = 7355255705321241259
    data = {"snapshot_id": big, "runs": [{"features": {"curated_snapshot_id": big, "rows": 3}}], "snapshot_ids": 2}
    Console(as_json=True).json_document(data)
    assert json.loads(capsys.readouterr().out, parse_int=float) == {
        "snapshot_id": str(big),
        "runs": [{"features": {"curated_snapshot_id": str(big), "rows": 3}}],
        "snapshot_ids": 2,
    }
