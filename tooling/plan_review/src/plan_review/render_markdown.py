"""The review as Markdown, for a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from glue_triggers.wording import chain, when
from plan_review.creation import creation
from plan_review.headline import grouped, headline
from plan_review.model import Action, ResourceChange
from plan_review.review import Review
from plan_review.schedule import alike
from plan_review.values import Marker, shown
from plan_review.verdict import Decision
from plan_review.wording import (
    SIGNS,
    action_words,
    cost_sentences,
    cut,
    failed_apply_sentences,
    line_changes,
    listed_attributes,
    moment,
    notes,
    policy_sentence,
    shortened,
)

# a comment on GitHub holds 65,536 characters; what follows the cut is one sentence
_MOST_CHARACTERS = 60_000
_MOST_NAMED = 50
_WIDEST_VALUE = 200
_SYMBOLS = {
    Decision.NOTHING: "⚪",
    Decision.APPLY: "🟢",
    Decision.NEEDS_APPROVAL: "🟡",
    Decision.BLOCKED: "🔴",
}


def render_markdown(review: Review) -> str:
    """The whole review; if it is too long for a comment, it is cut at the end of a line, with a note."""
    lines: list[str] = []
    length = 0
    for line in _lines(review):
        length += len(line) + 1
        if length > _MOST_CHARACTERS:
            if sum(kept.startswith("<details") for kept in lines) > sum(kept == "</details>" for kept in lines):
                lines += ["", "</details>"]
            lines += ["", "_The rest does not fit into a comment. See the HTML page, or the review as text._"]
            break
        lines.append(line)
    return "\n".join(lines) + "\n"


def _lines(review: Review) -> Iterator[str]:
    plan, verdict = review.plan, review.verdict
    sentences = headline(review)
    yield f"## {_SYMBOLS[verdict.decision]} Plan for {_text(review.environment)}: {'. '.join(sentences[:2])}"
    if sentences[2:] or plan.unchanged:
        yield from ("", ". ".join([*sentences[2:], *([f"{plan.unchanged} unchanged"] if plan.unchanged else [])]))
    if verdict.reasons:
        yield from ("", "| needs | resource | why |", "|---|---|---|")
        for reason in grouped(verdict.reasons):
            whom = _code(reason.subject) if len(reason.addresses) == 1 else _text(reason.subject)
            if len(reason.addresses) > 1:
                more = len(reason.addresses) - _MOST_NAMED
                whom += f"<br>{', '.join(map(_code, reason.addresses[:_MOST_NAMED]))}"
                whom += f" and {more} more, listed below" if more > 0 else ""
            yield f"| {reason.level.word} | {whom} | {_text(reason.sentence)} |"
    yield from _list("Left by the failed apply", [_text(sentence) for sentence in failed_apply_sentences(review)])
    yield from _list("Data at risk", [f"{_code(risk.address)}: {_text(risk.sentence)}" for risk in review.data_at_risk])
    yield from _list(
        "Access", [f"**{'gains' if item.widens else 'loses'}**: {_text(item.sentence)}" for item in review.access]
    )
    yield from _list("Schedules", list(_schedules(review)))
    yield from _list("What will run", list(_runs(review)))
    yield from _list("Cost", [_text(line) for line in cost_sentences(review)])
    yield from _list(
        "Policies",
        [
            _text(policy_sentence(review)),
            *(f"{_code(item.address)}: {item.check} {_text(item.name)}" for item in review.policies.failures),
        ],
    )
    yield from _list(
        "Drift",
        [
            f"{_code(change.address)}: {', '.join(_code(item.path) for item in change.attributes) or 'deleted'}"
            for change in plan.drift
        ],
    )
    yield from _list(
        "Outputs",
        [
            f"{output.action} {_code(output.name)}: {_code(_cut(output.before))} → {_code(_cut(output.after))}"
            for output in plan.outputs
        ],
    )
    yield from _list("Data sources read during apply", [_code(address) for address in plan.reads])
    for group in review.groups:
        counted = "1 change" if len(group.changes) == 1 else f"{len(group.changes)} changes"
        yield from ("", f"<details><summary>{_html(group.title)}: {counted}</summary>", "")
        for change in group.changes:
            yield from _change(change, review)
        yield from ("", "</details>")


def _change(change: ResourceChange, review: Review) -> Iterator[str]:
    said = notes(change)
    suffix = f" ({_text('; '.join(said))})" if said else ""
    yield f"- `{SIGNS[change.action].strip() or '='}` {_code(change.address)} {action_words(change)}{suffix}"
    if change.action is Action.UPDATE or change.action.replaces:
        listed, computed = listed_attributes(change)
        for attribute in listed:
            lines = line_changes(attribute.before, attribute.after)
            if lines:
                yield from (f"  - {_code(attribute.path)}:", *(f"    - {_code(line)}" for line in lines))
                continue
            before, after = shortened(attribute.before, attribute.after, _WIDEST_VALUE)
            yield f"  - {_code(attribute.path)}: {_code(before)} → {_code(after)}"
        if computed:
            yield f"  - {computed} more {shown(Marker.UNKNOWN)}"
    created = creation(change, review.plan)
    for path, value in created.listed:
        yield f"  - {_code(path)}: {_code(_cut(value))}"
    if created.rest:
        yield f"  - {_text(created.rest)}"


def _schedules(review: Review) -> Iterator[str]:
    for group in alike(review.schedules):
        schedule = group.schedule
        dates = ", ".join(moment(date) for date in schedule.next_dates) or schedule.problem
        named = ", ".join(map(_code, group.addresses))
        yield f"{named}: {_text(schedule.words())}" + (f"; next {_text(dates)}" if dates else "")


def _runs(review: Review) -> Iterator[str]:
    if review.runs is None:
        return
    for finding in review.runs.findings:
        yield f"**{finding.level}**: {_code(finding.address)}: {_text(finding.sentence)} {_text(finding.remedy)}"
    for source in review.runs.sources:
        yield f"{_code(source.address)}: {_text(when(source))}; starts {_text(chain(source))}"


def _list(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield from ("", f"### {title}", "")
        yield from (f"- {line}" for line in lines)


def _cut(value: object) -> str:
    return cut(value, _WIDEST_VALUE)


def _code(text: str) -> str:
    """A code span that nothing in the text can end; a pipe would end the cell of a table."""
    if not text:
        return ""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * (longest + 1)
    inner = text.replace("|", "\\|").replace("\n", " ")
    return f"{fence} {inner} {fence}" if longest else f"{fence}{inner}{fence}"


def _html(text: str) -> str:
    """Text for a line that is HTML already, in which Markdown's marks mean nothing."""
    return _unlinked(escape(text, quote=False).replace("\n", " "))


def _text(text: str) -> str:
    """Text in which nothing is markup: no HTML, no emphasis, no mention of people."""
    return _unlinked(re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", text).replace("\n", " "))


def _unlinked(text: str) -> str:
    """Text without mentions and issue links, which GitHub looks for after removing the escapes."""
    return re.sub(r"([@#])(?=\w)", r"\1<!-- -->", text)
