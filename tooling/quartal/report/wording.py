"""Words and numbers that charts and tables of the report share."""

from __future__ import annotations

from plan_review.wording import money as _money
from quartal.report.model import RunRecord

NOT_KNOWN = "not known"


def run_label(run: RunRecord) -> str:
    """The start of a run, to the second, as its label."""
    return f"{run.started:%Y-%m-%d %H:%M:%S}"


def outcome_words(run: RunRecord) -> str:
    """How it ended, and at which step."""
    if run.outcome == "FAILED":
        return f"failed at the {run.failed_step}"
    return "in progress" if run.outcome == "RUNNING" else "succeeded"


def duration(seconds: float | None) -> str:
    """A duration in words; "not known" for None."""
    if seconds is None:
        return NOT_KNOWN
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def money(usd: float | None) -> str:
    """US dollars, to a tenth of a cent below one dollar; "not known" for None."""
    if usd is None:
        return NOT_KNOWN
    if 0 < usd < 0.0005:
        return "<$0.001"
    return f"${usd:.3f}" if 0 < usd < 1 else _money(usd)


def percentage(share: float) -> str:
    """A share in percent with two decimals; only exactly 0 and 1 read as 0.00 % and 100.00 %."""
    if 0 < share < 0.00005:
        return "<0.01 %"
    return ">99.99 %" if 0.99995 <= share < 1 else f"{100 * share:.2f} %"


def number(value: float | None) -> str:
    """A number with four significant digits; "not known" for None."""
    if value is None:
        return NOT_KNOWN
    if abs(value) >= 9_999.5:  # of which four digits would be written as 1e+04
        return f"{value:,.0f}"
    return f"{value:.4g}"


def size(size_bytes: int) -> str:
    """A size in bytes, in a suitable unit."""
    amount = float(size_bytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if round(amount, 1) < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"
