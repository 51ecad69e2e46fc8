"""Numbers as Java writes them, which is how Trino and Hive do."""

from decimal import ROUND_HALF_EVEN, Decimal

import pyarrow


def double_text(value: float) -> str:
    """As `Double.toString`: at least one decimal, an exponent outside 0.001 to 10,000,000."""
    return _text(value, repr(value))


def real_text(value: float) -> str:
    """Like `Float.toString`: as many digits as distinguish a single-precision number from its neighbours."""
    return _text(value, str(pyarrow.scalar(value, pyarrow.float32()).cast(pyarrow.string()).as_py()))


def exponent_text(value: float, digits: int) -> str:
    """With one digit before the point and an exponent, as the SQL standard has a number's text: `1.0E-1`."""
    if value != value or value in (float("inf"), float("-inf")):
        return _text(value, "")
    if value == 0:
        return "-0E0" if str(value).startswith("-") else "0E0"
    exact = Decimal(repr(value))
    exponent = exact.adjusted()
    shown = f"{exact.scaleb(-exponent).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN):f}".rstrip("0")
    if shown.lstrip("-").startswith("10."):
        shown, exponent = shown.replace("10.", "1.", 1), exponent + 1
    return f"{shown}{'0' if shown.endswith('.') else ''}E{exponent}"


def _text(value: float, digits: str) -> str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    exact = Decimal(digits)
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        text = format(exact, "f")
        return text if "." in text else f"{text}.0"
    shown, _, exponent = f"{exact.normalize():E}".partition("E")
    return f"{shown if '.' in shown else shown + '.0'}E{int(exponent)}"
