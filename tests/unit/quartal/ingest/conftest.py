from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from quartal.deliver.ingest.ingests import Target
from tests.unit.quartal.ingest.example import Lake, Source


@pytest.fixture
def lake(connection) -> Lake:
    name = f"lake-{secrets.token_hex(8)}"
    connection.s3().create_bucket(Bucket=name)
    return Lake(connection, Target(name, "raw/sales/", "deliveries/sales/", "2024Q1"))


@pytest.fixture
def source(tmp_path: Path) -> Source:
    database = Source(tmp_path / "shop.db")
    database.run("create table sales (id integer primary key, shop text, day text, note text)")
    return database
