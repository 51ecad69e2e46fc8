"""How big files of the published tables get: bytes per row of made-up but dense features, as Parquet with zstd."""

from pathlib import Path

import duckdb
import pytest

from etl_job.contract.document import parse_contract
from etl_job.contract.schemas import feature_columns
from etl_job.publishing.parquet_files import rows_per_file

from .conftest import CONTRACT

MEBIBYTE = 1 << 20
ENTITIES, DAYS = 1_500, 90
# Counts with a mean of 50, and what is made of them has as many digits as means and shares have.
VALUES = {
    "string": "'entity' || lpad(entity::varchar, 5, '0')",
    "date": "date '2024-01-01' + day::int",
    "long": "floor(-ln(random() + 1e-12) * 50)::bigint",
    "double": "floor(-ln(random() + 1e-12) * 5000) / 28",
}


def bytes_per_row(columns, file: Path) -> float:
    database = duckdb.connect()
    database.execute("select setseed(0.5)")
    shown = ", ".join(
        f"{'2024' if column.name == 'quarter' else VALUES[column.kind]} as {column.name}" for column in columns
    )
    rows = f"select {shown} from range({ENTITIES}) a(entity), range({DAYS}) b(day) order by entity, b.day"
    database.execute(f"copy ({rows}) to '{file}' (format parquet, compression zstd)")
    return file.stat().st_size / (ENTITIES * DAYS)


@pytest.mark.parametrize("dataset", ["vehicle_sightings", "charging_sessions"])
@pytest.mark.parametrize("without", [(), ("hour_histogram", "measures", "rolling_mean_days", "lag_days")])
def test_full_files_have_between_64_and_256_mebibytes(tmp_path, dataset, without):
    spec = parse_contract(CONTRACT.with_name(f"{dataset}.yaml").read_text(), "contract.yaml", dataset).features
    spec = spec.model_copy(update=dict.fromkeys(without, ()))
    columns = feature_columns(spec)
    full = bytes_per_row(columns, tmp_path / "features.parquet") * rows_per_file(columns)
    assert 64 * MEBIBYTE <= full <= 256 * MEBIBYTE, full / MEBIBYTE
