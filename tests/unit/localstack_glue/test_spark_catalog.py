"""A script's Spark SQL gets the Data Catalog on import, if the run requests it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from localstack_glue.jobs.runtime import bootstrap, spark_catalog


@pytest.mark.parametrize(("environment", "installed"), [({spark_catalog.VARIABLE: "1"}, "11"), ({}, "10")])
def test_hooks_are_installed_once_spark_is_imported(tmp_path: Path, environment: dict[str, str], installed: str):
    for package in ("pyspark/sql", "awsglue/metastore"):
        (tmp_path / "library" / package).mkdir(parents=True)
        (tmp_path / "library" / package / "__init__.py").touch()
        (tmp_path / "library" / package).parent.joinpath("__init__.py").touch()
    (tmp_path / "library/pyspark/sql/__init__.py").write_text("times = 10\n")
    hooks = "import sys\nsql = sys.modules['pyspark.sql']\ndef install():\n    sql.times += 1\n"
    (tmp_path / "library/awsglue/metastore/hooks.py").write_text(hooks)
    script = "import sys\nassert 'awsglue' not in sys.modules\nimport pyspark.sql\nfrom pyspark import sql\n"
    (tmp_path / "script.py").write_text(script + "print(sql.times)\n")
    command = [sys.executable, bootstrap.__file__, str(tmp_path / "reason"), str(tmp_path / "script.py")]
    around = {"PATH": os.defpath, "PYTHONPATH": str(tmp_path / "library"), **environment}

    answer = subprocess.run(command, env=around, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)

    assert answer.stdout.split() == [installed]
