"""Runs moto's public tests of Glue against a running endpoint and says which passed: `python run.py --help`.

Needs Python with venv and pip, and nothing of the project around it.
"""

import argparse
import collections
import os
import re
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PINS = ROOT / "requirements/localstack.txt"
ACCOUNT = "123456789012"  # that moto's tests compare; LocalStack takes an access key of twelve digits for the account
TOOLS = ("pytest", "freezegun")
OUTCOMES = {"failure": "failed", "error": "failed", "skipped": "skipped"}


def main() -> int:
    """Run the suite; 0 if all that was run has an outcome, whatever it is."""
    options = parser().parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    python = make_environment(work / "venv")
    source = options.moto or unpack(options.sdist or download(python, work), work)
    install(python, source, work / "installed.txt")
    report = work / "report.xml"
    report.unlink(missing_ok=True)
    run_tests(python, source, options.endpoint.rstrip("/"), report, options.pytest)
    if not report.exists():
        print("pytest has left no report", file=sys.stderr)
        return 1
    outcomes = list(read(report))
    for name, outcome, reason in sorted(outcomes):
        print(f"{outcome:8}{name}{'  ' + reason if reason else ''}")
    counts = collections.Counter(outcome for _, outcome, _ in outcomes)
    print(f"{len(outcomes)} tests: " + ", ".join(f"{counts[kind]} {kind}" for kind in ("passed", "failed", "skipped")))
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--endpoint", default=os.environ.get("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"))
    made.add_argument("--sdist", type=Path, help="moto's source distribution; else the pinned one, by pip")
    made.add_argument("--moto", type=Path, help="an unpacked source distribution or a checkout, instead")
    made.add_argument("--work", type=Path, default=ROOT / ".quartal/moto-suite", help="folder for what it makes")
    made.add_argument("pytest", nargs="*", help="further arguments for pytest, after --")
    return made


def pinned() -> str:
    """The moto that LocalStack is pinned to here, as a requirement."""
    found = re.search(r"^moto-ext==\S+", PINS.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise SystemExit(f"{PINS} pins no moto-ext")
    return found.group()


def make_environment(folder: Path) -> Path:
    """Make an environment with pip, once; return its Python."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    return python


def download(python: Path, work: Path) -> Path:
    """Fetch the pinned source distribution, which contains the tests."""
    requirement = pinned()
    wanted = "{}-{}.tar.gz".format(*requirement.replace("-", "_", 1).split("=="))
    if not (work / wanted).exists():
        only_source = ["--no-deps", "--no-binary", ":all:"]
        subprocess.run([str(python), "-m", "pip", "download", *only_source, "-d", str(work), requirement], check=True)
    return work / wanted


def unpack(sdist: Path, work: Path) -> Path:
    """Unpack a source distribution; return its folder."""
    with tarfile.open(sdist) as archive:
        top = archive.getnames()[0].split("/")[0]
        archive.extractall(work, filter="data")
    if not (work / top / "tests/test_glue").is_dir():
        raise SystemExit(f"{sdist} has no tests of Glue: name a checkout of moto with --moto")
    return work / top


def install(python: Path, source: Path, note: Path) -> None:
    """Install moto from that folder and what its tests need, unless it was done."""
    wanted = str(source)
    if note.exists() and note.read_text(encoding="utf-8") == wanted:
        return
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, f"{source}[glue]", *TOOLS], check=True)
    note.write_text(wanted, encoding="utf-8")


def run_tests(python: Path, source: Path, endpoint: str, report: Path, arguments: list[str]) -> None:
    """Run the tests in moto's server mode."""
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "MOTO_CALL_RESET_API": "false",  # the plugin empties the service instead
        "PYTHONPATH": str(HERE),
        "TEST_SERVER_MODE": "true",
        "TEST_SERVER_MODE_ENDPOINT": endpoint,
    }
    environment.pop("AWS_ENDPOINT_URL", None)
    command = [str(python), "-m", "pytest", "-p", "service_reset", "-p", "no:cacheprovider", "-q", "--tb=no"]
    command += [f"--junit-xml={report}", "tests/test_glue", *arguments]
    subprocess.run(command, cwd=source, env=environment, check=False, stdout=sys.stderr)


def read(report: Path) -> Iterator[tuple[str, str, str]]:
    """Name, outcome and the first line of what went wrong, of each test."""
    for case in ET.parse(report).iter("testcase"):
        outcome, reason = "passed", ""
        for child in case:
            if child.tag in OUTCOMES:
                outcome = OUTCOMES[child.tag]
                reason = (child.get("message") or "").splitlines()[0][:160] if child.get("message") else ""
        module = case.get("classname", "").removeprefix("tests.test_glue.")
        yield f"{module}::{case.get('name')}", outcome, reason


if __name__ == "__main__":
    sys.exit(main())
