"""``python -m feed_generator TARGET --rows N --seed S``: the feed without the rest of Quartal."""

import argparse
import sys
from pathlib import Path

from feed_generator.feed import generate


def main(argv: list[str] | None = None) -> None:
    """Write the feed and one line on what it holds."""
    parser = argparse.ArgumentParser(prog="python -m feed_generator", description=__doc__)
    parser.add_argument("target", type=Path, help="folder that receives delivery=<quarter>/ folders")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows in all deliveries together")
    parser.add_argument("--seed", type=int, default=7, help="equal seeds give equal bytes")
    arguments = parser.parse_args(argv)
    summary = generate(arguments.target, arguments.rows, arguments.seed)
    sys.stdout.write(
        f"{summary.rows} rows, of them {summary.bad_rows} bad and {summary.duplicates} repeated, in "
        f"{len(summary.deliveries)} deliveries, {summary.size_bytes / 1e6:.1f} MB\n"
    )


if __name__ == "__main__":
    main()
