"""Plays seeded runs in two processes and prints the ledger: the injected faults and their results.

`--seeds 0:300` plays these seeds. `--state FILE` stores the progress, so that the next call continues there.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
import traceback
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

PROCESSES = 2
_SAVE_EVERY = 50


@dataclass
class Ledger:
    """All runs so far: the played seeds, the injected faults with their number and results, and broken promises."""

    played: set[int] = field(default_factory=set)
    struck: Counter[tuple[str, ...]] = field(default_factory=Counter)
    broken: dict[int, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path | None) -> Ledger:
        if path is None or not path.exists():
            return cls()
        record = json.loads(path.read_text("utf-8"))
        struck = Counter({tuple(row[:-1]): row[-1] for row in record["struck"]})
        return cls(set(record["played"]), struck, {int(seed): text for seed, text in record["broken"].items()})

    def write(self, path: Path | None) -> None:
        if path is None:
            return
        rows = [[*key, count] for key, count in sorted(self.struck.items())]
        record = {"played": sorted(self.played), "struck": rows, "broken": self.broken}
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(record), "utf-8")
        unfinished.replace(path)

    def add(self, seed: int, steps: list[dict[str, Any]], broken: str | None) -> None:
        self.played.add(seed)
        self.broken.pop(seed, None)
        for step in steps:
            landed = "landed" if step["landed"] else "not landed"
            key = (step["command"], f"{step['service']}:{step['operation']}", step["mode"], step["told"], landed)
            self.struck[key] += 1
        if broken is not None:
            self.broken[seed] = broken

    def table(self) -> str:
        """A table with one line for each command, operation and mode."""
        rows: dict[tuple[str, ...], Counter[str]] = {}
        for (command, call, mode, told, landed), count in self.struck.items():
            rows.setdefault((command, call, mode), Counter())[f"told {told}, {landed}"] += count
        results = sorted({result for counts in rows.values() for result in counts})
        head = ("command", "call", "fault", *results)
        lines = [(*key, *(str(counts[result] or "") for result in results)) for key, counts in sorted(rows.items())]
        sums = [str(sum(counts[result] for counts in rows.values())) for result in results]
        lines.append(("all", "", "", *sums))
        widths = [max(len(line[place]) for line in (head, *lines)) for place in range(len(head))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in (head, *lines)
        )


def main(arguments: list[str]) -> int:
    """Play the seeds and print the ledger. Returns 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="faults")
    parser.add_argument("--seeds", default="0:300", help="from and to, the second not included")
    parser.add_argument("--state", type=Path, help="file that keeps what is done")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    options = parser.parse_args(arguments)
    first, last = map(int, options.seeds.split(":"))
    ledger = Ledger.read(options.state)
    wanted = [seed for seed in range(first, last) if seed not in ledger.played or seed in ledger.broken]
    begun = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(options.processes, _prepare) as pool:
        for number, (seed, steps, broken) in enumerate(pool.imap_unordered(play, wanted, chunksize=4), 1):
            ledger.add(seed, steps, broken)
            if broken:
                _say(f"seed {seed}: {broken}")
            if number % _SAVE_EVERY == 0:
                ledger.write(options.state)
    ledger.write(options.state)
    _say(ledger.table())
    seconds = time.monotonic() - begun
    _say(
        f"{len(wanted)} runs in {seconds:.0f} s; {len(ledger.played)} so far,"
        f" {sum(ledger.struck.values())} faults, {len(ledger.broken)} promises broken"
    )
    return 1 if ledger.broken else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def play(seed: int) -> tuple[int, list[dict[str, Any]], str | None]:
    """Play one run, in a process of the pool."""
    from .sequence import BrokenPromiseError, Sequence

    sequence = Sequence(_lake(), seed)
    broken = None
    try:
        sequence.play()
    except BrokenPromiseError as error:
        broken = str(error)
    except Exception:
        broken = "unexpected: " + traceback.format_exc(limit=-6)
    if broken is not None:
        broken = f"{broken} [{sequence.steps[-1:]}; {sequence.last_plan and sequence.last_plan.rules}]"
    return seed, [asdict(step) for step in sequence.steps], broken


_LAKE: list[Any] = []


def _prepare() -> None:
    """Remove the pauses between attempts in this process of the pool."""
    pause = time.sleep
    time.sleep = lambda seconds: pause(min(seconds, 0.001))
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    sys.path[:0] = [str(Path(__file__).parents[2] / "tooling" / "localstack_glue" / "src")]
    from quartal.deliver.upload.transfer import Transfer

    from .kept import copy_quickly, keep_avro_readers, talk_quickly
    from .moto_lake import MotoLake

    keep_avro_readers()
    copy_quickly()
    talk_quickly()

    Transfer.__init__.__kwdefaults__["multipart_threshold"] = 60  # so that some files are uploaded in parts
    _LAKE.append(MotoLake())


def _lake() -> Any:
    return _LAKE[0]
