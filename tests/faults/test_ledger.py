"""300 seeded runs without Spark: uploads, publications, tags, maintenance and exports whose calls fail.

They are played by processes of their own (ledger.py), in which pauses take no time. `./nox -s faults` plays all of
them, `./nox -s faults -- --seeds 0:500` more, `-- --long` 10,000.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOUCHED = pytest.mark.nightly(touches=["etl_job/*", "tests/faults/*", "tooling/quartal/*"])


@pytest.mark.parametrize("seeds", ["0:40", pytest.param("40:300", marks=TOUCHED)])
def test_ledger_balances_and_commands_report_the_truth_under_any_failure(seeds: str):
    played = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--seeds", seeds], cwd=ROOT, capture_output=True, text=True
    )
    sys.stdout.write(played.stdout)
    assert played.returncode == 0, played.stdout[-5000:] + played.stderr[-3000:]
    assert "0 promises broken" in played.stdout
