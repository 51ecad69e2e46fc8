"""The same feeds come to the same tables, cell by cell, on the Spark and the Python of Glue 5.1 and of Glue 6.0."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from quartal.core.settings import LOCALSTACK_ENVIRONMENT, Settings
from quartal.local.toolchain import environments

from .conftest import ROOT
from .programs import assert_same, program_environment, run_job, served_catalog

VERSION = environments.SPARK_4_PYTHON


@pytest.fixture
def spark_4() -> Path:
    """The Python of an environment with Spark 4.1."""
    python = environments.find_python(VERSION, os.environ)
    if python is None:
        pytest.skip(f"no Python {VERSION} on PATH, of pyenv or in RUNNER_TOOL_CACHE")
    settings = Settings.from_env(os.environ, environment=LOCALSTACK_ENVIRONMENT, cwd=ROOT)
    return environments.ensure(settings, environments.spark_4_environment(settings, python), print)


@pytest.mark.timeout(600)
def test_spark_4_with_python_3_13_gives_the_same(spark_4, tmp_path):
    pythons = {"glue_5_1": Path(sys.executable), "glue_6_0": spark_4}
    with served_catalog() as catalog, ThreadPoolExecutor(2) as both:
        of_5_1, of_6_0 = both.map(
            lambda name: run_job([str(pythons[name])], tmp_path / name, program_environment(pythons[name], catalog)),
            pythons,
        )

    assert (of_5_1.spark, of_6_0.spark) == (environments.SPARK_VERSION, environments.SPARK_4_VERSION)
    assert_same(of_6_0, of_5_1)
