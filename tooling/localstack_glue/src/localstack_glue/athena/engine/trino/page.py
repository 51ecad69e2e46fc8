"""The function table as a page of documentation."""

from collections import Counter

from localstack_glue.athena.engine.trino.functions.model import Function
from localstack_glue.athena.engine.trino.functions.table import FUNCTIONS, TOPICS

_INTRODUCTION = """# Athena's functions

This page is generated from the engine's table of functions; each example is a test. *Native* functions map to a DuckDB
function with the same meaning, *SQL* functions to an expression, perhaps with a part in Python, and *Python* functions
are the service's own. A query with a function that is refused or not listed here fails with an error that names the
function; DuckDB's own meaning is never used instead.
"""


def render() -> str:
    """The whole page, in Markdown."""
    counts = Counter(function.how for function in FUNCTIONS.values())
    order = ("native", "SQL", "Python", "refused")
    lines = [
        _INTRODUCTION,
        f"| {' | '.join(order)} | all |",
        f"|{'---|' * 5}",
        f"| {' | '.join(str(counts[how]) for how in order)} | {len(FUNCTIONS)} |",
    ]
    for topic in TOPICS:
        answered = sorted((each for each in topic.functions if not each.refusal), key=lambda each: each.name)
        if answered:
            lines += ["", f"## {topic.name}", "", "| function | how | for example |", "|---|---|---|"]
            lines += [_row(function) for function in answered]
    lines += ["", "## Refused", "", "| function | why |", "|---|---|"]
    for topic in TOPICS:
        by_reason: dict[str, list[str]] = {}
        for function in topic.functions:
            if function.refusal:
                by_reason.setdefault(function.refusal, []).append(f"`{function.name}`")
        lines += [f"| {', '.join(names)} | {reason} |" for reason, names in by_reason.items()]
    return "\n".join(lines) + "\n"


def _row(function: Function) -> str:
    expression, answer = next(iter(function.examples.items()))
    shown = f"`{expression}` is {'null' if answer is None else f'`{answer}`'}".replace("|", "\\|")
    return f"| `{function.name}` | {function.how} | {shown} |"
