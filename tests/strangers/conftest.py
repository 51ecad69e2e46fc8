from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.strangers.packages import DataSet, fetched
from tests.unit.etl_job.conftest import moto_catalog, spark

__all__ = ["moto_catalog", "spark"]
_FETCHED = Path(__file__).parents[2] / ".quartal" / "strangers"


@pytest.fixture(scope="session")
def file_of() -> Callable[[DataSet], Path]:
    """The file of a data set on this machine."""

    def found(data: DataSet) -> Path:
        file = fetched(data.package, _FETCHED) / data.path
        assert file.exists(), f"{data.package} has no {data.path}"
        return file

    return found
