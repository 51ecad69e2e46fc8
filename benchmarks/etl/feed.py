"""Inputs of the benchmarks: the example feed, made once per size and kept in the scratch folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from feed_generator import generate
from feed_generator.feed import HEADER
from feed_generator.sightings import Quarter, Quota, RowsOfQuarter

SEED = 7
EQUAL_QUARTERS = ("2023Q1", "2023Q2", "2023Q3", "2023Q4", "2024Q1")


def write_feed(scratch: Path, rows: int, announce: Callable[[str], None]) -> Path:
    """Two years in eight deliveries, 0.5 % bad rows and 1 % duplicates."""
    return once(scratch / f"feed-{rows}", announce, lambda folder: generate(folder, rows, SEED))


def equal_deliveries(scratch: Path, rows: int, announce: Callable[[str], None]) -> Path:
    """Five quarters of exactly so many rows each: the generator's own deliveries grow with the season."""

    def write(folder: Path) -> None:
        bad, duplicates = rows // 200, rows // 100
        for number, name in enumerate(EQUAL_QUARTERS):
            quota = Quota(rows, duplicates, bad, rows_before=number * rows, bad_before=number * bad)
            delivery = folder / f"delivery={name}"
            delivery.mkdir(parents=True)
            with (delivery / "part-00000.csv").open("w", encoding="utf-8", newline="") as file:
                file.write(f"{HEADER}\n")
                file.writelines(f"{row.text}\n" for row in RowsOfQuarter(Quarter.parse(name), quota, SEED))

    return once(scratch / f"equal-{rows}", announce, write)


def once(folder: Path, announce: Callable[[str], None], write: Callable[[Path], object]) -> Path:
    """The folder, which ``write`` fills if it is not there."""
    if folder.is_dir():
        return folder
    announce(f"generating {folder.name}, once ...")
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    write(unfinished)
    unfinished.rename(folder)
    return folder
