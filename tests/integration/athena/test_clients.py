"""By awswrangler, PyAthena, SQLAlchemy and dbt, in an environment of their own: `QUARTAL_ATHENA_CLIENTS=all`."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("script", sorted((HERE / "clients").glob("*.py")), ids=lambda script: script.stem)
def test_client_round_trip(place, clients, script):
    done = subprocess.run(
        [clients / "python", script], env=place.environ(), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_dbt_project_is_built_and_built_again(place, dbt, tmp_path):
    project = shutil.copytree(HERE / "dbt", tmp_path / "dbt")
    command = [dbt / "dbt", "build", "--profiles-dir", project, "--project-dir", project]
    for run in range(2):  # the second adds to the incremental model, and finds the snapshot there
        done = subprocess.run(
            [*command, "--vars", json.dumps({"run": run})],
            env={**place.environ(), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert place.ask("SELECT count(*), count(DISTINCT run) FROM sales_by_run")[1:] == [["4", "2"]]
    assert place.ask("SELECT brand, total FROM totals ORDER BY brand")[1:] == [["Audi", "4"], ["BMW", "6"]]
    assert place.ask("SELECT count(*) FROM brands_history WHERE dbt_valid_to IS NULL")[1:] == [["2"]]
