import csv
import json

from etl_job.arguments import parse_arguments
from etl_job.notify.progress import Progress
from etl_job.run import run

from .conftest import DATASET
from .test_run import HEADER, published


def start(lake):
    return run(parse_arguments(lake.arguments), {}, Progress(lambda _line: None)).csv_export


def test_export_keeps_one_csv_per_quarter_and_a_manifest_for_quicksight(lake, spark):
    folder = lake.root / "exports" / DATASET
    lake.deliver("d1", f'{HEADER}\nk1,"Opel, ""new""",2023-12-30,10:00:00\nk2,Fiat,2024-01-01,10:00:00\n')
    assert start(lake).written == ("2023Q4", "2024Q1")
    rows = [row for file in sorted((folder / "features").iterdir()) for row in csv.DictReader(file.open())]
    expected = published("features").sort("quarter", "brand", "day").to_dicts()
    assert [(row["brand"], row["day"], int(row["sightings"])) for row in rows] == [
        (row["brand"], row["day"].isoformat(), row["sightings"]) for row in expected
    ]
    assert rows[0]["sightings_lag_1d"] == ""
    manifest = json.loads((folder / "features.manifest.json").read_text())
    assert manifest["fileLocations"] == [
        {"URIs": [f"file://{folder}/features/{quarter}.csv" for quarter in ("2023Q4", "2024Q1")]}
    ]
    assert manifest["globalUploadSettings"]["containsHeader"] == "true"

    lake.deliver("d1", f"{HEADER}\nk2,Fiat,2024-01-01,10:00:00\n")
    assert (export := start(lake)).removed == ("2023Q4",)
    assert export.written == ("2024Q1",)
    assert [file.name for file in (folder / "features").iterdir()] == ["2024Q1.csv"]

    (folder / "features" / "2024Q1.csv").unlink()
    assert (export := start(lake)).written == ("2024Q1",)  # nothing is new, and the file is back
    assert export.removed == ()
    assert start(lake) is None
