"""Words and numbers that charts and tables of the report share."""

from __future__ import annotations

from plan_review.wording import money as _money
from quartal.report.model import RunRecord

NOT_KNOWN = "not known"


def label_of(run: RunRecord) -> str:
    """A run by its start, to the second, which is how people tell runs apart."""
    return f"{run.started:%Y-%m-%d %H:%M:%S}"


def outcome_words(run: RunRecord) -> str:
    """How it ended, and at which step."""
    if run.outcome == "FAILED":
        return f"failed at the {run.failed_step}"
    return "is going on" if run.outcome == "RUNNING" else "succeeded"


def duration(seconds: float | None) -> str:
    """Seconds as people say them; said where they are not known."""
    if seconds is None:
        return NOT_KNOWN
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def money(usd: float | None) -> str:
    """US dollars, to a tenth of a cent below one dollar; said where they are not known."""
    if usd is None:
        return NOT_KNOWN
    if 0 < usd < 0.0005:
        return "<$0.001"
    return f"${usd:.3f}" if 0 < usd < 1 else _money(usd)


def number(value: float | None) -> str:
    """Four digits that count; said where there is none."""
    if value is None:
        return NOT_KNOWN
    if abs(value) >= 10_000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def size(size_bytes: int) -> str:
    """Bytes in the unit that suits them."""
    amount = float(size_bytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"
