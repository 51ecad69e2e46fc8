"""What Trino and Athena answer, by their documentation: one pair a line in `athena_answers.txt`."""

from pathlib import Path

import pytest

from localstack_glue.athena.engine.errors import MalformedQueryError, QueryFailedError
from localstack_glue.athena.engine.run import QueryEngine

ENGINE = QueryEngine(None, None, {})
LINES = Path(__file__).with_name("athena_answers.txt").read_text(encoding="utf-8").splitlines()
_IN_ONE_QUERY = 40


def pairs(kind: str) -> dict[str, list[tuple[str, str]]]:
    """What is asked and what is answered, by their heading."""
    found: dict[str, list[tuple[str, str]]] = {}
    heading = ""
    for line in LINES:
        if line.startswith("# "):
            heading = line[2:]
        elif heading.startswith(kind):
            asked, _, answer = line.partition(" ||| ")
            found.setdefault(heading, []).append((asked, answer))
    return found


@pytest.mark.parametrize("heading", pairs("values"))
def test_expression_has_the_value_that_trino_gives_it(heading: str):
    wanted = dict(pairs("values")[heading])
    found: dict[str, str] = {}
    asked = list(wanted)
    for start in range(0, len(asked), _IN_ONE_QUERY):
        group = asked[start : start + _IN_ONE_QUERY]
        (row,) = ENGINE.run(f"select {', '.join(group)}", "db").rows
        found |= {each: "NULL" if value is None else value for each, value in zip(group, row, strict=True)}
    assert found == wanted


@pytest.mark.parametrize("heading", pairs("queries"))
def test_query_has_the_rows_that_trino_gives_it(heading: str):
    assert {asked: shown(asked) for asked, _ in pairs("queries")[heading]} == dict(pairs("queries")[heading])


@pytest.mark.parametrize("heading", pairs("errors"))
def test_what_trino_refuses_is_refused(heading: str):
    assert {asked: code(asked) for asked, _ in pairs("errors")[heading]} == dict(pairs("errors")[heading])


def shown(query: str) -> str:
    """The only value of an answer, or its rows."""
    rows = ENGINE.run(query, "db").rows
    if len(rows) == len(rows[0] if rows else ()) == 1:
        return "NULL" if rows[0][0] is None else rows[0][0]
    return repr(list(rows))


def code(query: str) -> str:
    """The code of a query's error."""
    try:
        return f"answered: {ENGINE.run(query, 'db').rows}"
    except MalformedQueryError:
        return "MALFORMED"
    except QueryFailedError as error:
        return str(error).partition(":")[0]
