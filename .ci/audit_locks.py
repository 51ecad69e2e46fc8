"""Asks PyPI's advisories about every locked package: `./nox -s audit`, or `-- LOCK ...` about some locks alone.

Exit codes: 0 no lock names a package with a known vulnerability; 1 some do; 4 not every package could be asked about.
pip-audit alone ends with 0 where it reaches no advisories: here that is no good news.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CLEAN, VULNERABLE, NOT_AUDITED = 0, 1, 4
NAMED = 5  # packages that a line names of those that could not be asked about


@dataclass(frozen=True)
class Audit:
    """What the advisories say of one lock."""

    lock: str
    asked: int
    vulnerable: tuple[str, ...] = ()
    not_asked: tuple[str, ...] = ()
    failure: str = ""

    @property
    def exit_code(self) -> int:
        """What it comes to; a vulnerability that is known counts more than one that could not be looked for."""
        if self.vulnerable:
            return VULNERABLE
        return NOT_AUDITED if self.not_asked or self.failure or not self.asked else CLEAN


def read_audit(lock: str, report: Mapping[str, Any]) -> Audit:
    """What pip-audit's report in JSON says."""
    packages = report["dependencies"]
    return Audit(
        lock,
        asked=sum("skip_reason" not in package for package in packages),
        vulnerable=tuple(
            f"{package['name']} {package['version']}: {found['id']}, mended in "
            f"{', '.join(found['fix_versions']) or 'no version yet'}"
            for package in packages
            for found in package.get("vulns", ())
        ),
        not_asked=tuple(package["name"] for package in packages if "skip_reason" in package),
    )


def audit(lock: Path) -> Audit:
    """Ask about every package of a lock, without resolving or installing anything."""
    name = str(lock.relative_to(ROOT))
    options = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
    line = [sys.executable, "-m", "pip_audit", *options, "-r", str(lock)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    try:
        return read_audit(name, json.loads(done.stdout))
    except (ValueError, KeyError):
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        return Audit(name, asked=0, failure=said[-1])


def lines_of(found: Audit) -> Iterable[str]:
    """What people read of it."""
    yield f"{found.lock}: {found.asked} packages asked about, {len(found.vulnerable)} vulnerabilities known"
    yield from (f"  VULNERABLE {each}" for each in found.vulnerable)
    if found.failure:
        yield f"  NOT AUDITED: pip-audit failed: {found.failure}"
    if found.not_asked:
        more = f" and {len(found.not_asked) - NAMED} more" if len(found.not_asked) > NAMED else ""
        names = f"{', '.join(found.not_asked[:NAMED])}{more}"
        yield f"  NOT AUDITED: {names}: PyPI has no answer about them, or is not reached"


def verdict(audits: Sequence[Audit]) -> int:
    """The exit code of all together."""
    codes = {each.exit_code for each in audits}
    return next((code for code in (VULNERABLE, NOT_AUDITED) if code in codes), CLEAN if audits else NOT_AUDITED)


def main(names: Sequence[str]) -> int:
    """Audit the named locks, or every one, and say what came of it."""
    every = [*sorted((ROOT / "requirements").glob("*.txt")), ROOT / "etl_job" / "requirements.lock"]
    locks = [ROOT / name for name in names] or every
    audits = []
    for lock in locks:
        audits.append(audit(lock))
        print("\n".join(lines_of(audits[-1])), flush=True)  # noqa: T201
    code = verdict(audits)
    said = {
        CLEAN: "No locked package has a known vulnerability.",
        VULNERABLE: "Raise what is vulnerable: ./nox -s lock, or the pin in requirements/*.in.",
        NOT_AUDITED: "The advisories were not reached for every package, and this says nothing of those. "
        "Run it again where https://pypi.org/pypi/<package>/json answers.",
    }
    print(said[code])  # noqa: T201
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
