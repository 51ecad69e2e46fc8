"""Seeded runs from the command line: see ledger.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tooling" / "localstack_glue" / "src"))

from tests.faults.ledger import main

sys.exit(main(sys.argv[1:]))
