"""The examples that `--help` shows for each command. A test parses each of them."""

from __future__ import annotations

import typer

EXAMPLES: dict[str, tuple[str, ...]] = {
    "adopt": ("quartal adopt my-lake --env dev",),
    "apply": ("quartal apply", "quartal apply --env dev --approve access"),
    "bootstrap": ("quartal bootstrap --env dev",),
    "cost": (
        "quartal cost",
        "quartal cost --last 4 --json",
        "quartal cost eu-central-1",
        "quartal cost eu-central-1 --refresh --env dev",
    ),
    "deliveries": ("quartal deliveries", "quartal deliveries 2024Q1 --json"),
    "demo": ("quartal demo", "quartal demo --rows 20000 --teardown"),
    "destroy": (
        "quartal destroy",
        "quartal destroy --env dev --keep-data --approve destroy",
        "quartal destroy --env dev --auto-approve",
    ),
    "diff": ("quartal diff 2024Q1 2024Q2", "quartal diff 2024Q1 2024Q2 --json"),
    "doctor": ("quartal doctor", "quartal doctor --json"),
    "drift": ("quartal drift --env prod",),
    "explain": ("quartal explain --env prod", "quartal explain wr_0123 --json"),
    "export": (
        "quartal export --tag 2024Q2 --out features/",
        "quartal export --tag 2024Q2 --out features/ --format csv",
        "quartal export --tag wr_0123 --quarter 2024Q2 --out features/",
    ),
    "history": ("quartal history", "quartal history --last 4 --json"),
    "ingest": (
        "quartal ingest postgresql://reader@db/traffic --table sightings --delivery 2026Q3",
        "quartal ingest sqlite:///sales.db --query 'select * from sales' --key id --delivery 2026Q3",
    ),
    "logs": ("quartal logs", "quartal logs wr_0123 --errors"),
    "schedule": ("quartal schedule", "quartal schedule eu-central-1 --env prod --json"),
    "maintenance": ("quartal maintenance --dry-run", "quartal maintenance --older-than 30d --env prod"),
    "plan": (
        "quartal plan",
        "quartal plan --env dev --out review.html",
        "quartal plan --env prod --json --detailed-exitcode",
    ),
    "quarantine": (
        "quartal quarantine",
        "quartal quarantine --delivery 2024Q1 --rule date.format --limit 100",
        "quartal quarantine --out bad-rows.csv",
    ),
    "query": (
        'quartal query "select brand, day, sightings from features order by day desc limit 5"',
        'quartal query "select count(*) from curated" --as-of 2024Q1 --format csv',
    ),
    "review": (
        "quartal review plan.json",
        "quartal review saved.tfplan --format markdown --out review.html",
        "quartal review - --rules rules.yaml --approve access",
    ),
    "report": ("quartal report", "quartal report --env prod --out report.html", "quartal report --json"),
    "run": (
        "quartal run",
        "quartal run --delivery 2024Q1 --delivery 2024Q2",
        "quartal run --withdraw 2024Q4",
        "quartal run --detach --env prod",
        "quartal run --ephemeral --upload exports/ --delivery 2026Q3 --out features/ --env dev --approve destroy",
    ),
    "status": ("quartal status", "quartal status --follow --env prod"),
    "tag": ("quartal tag model-7", "quartal tag model-6 --as-of 2024Q1", "quartal tag model-6 --delete"),
    "tags": ("quartal tags", "quartal tags --json"),
    "upload": (
        "quartal upload exports/ --delivery 2026Q3",
        "quartal upload 'exports/*.csv' --delivery 2026Q3 --gzip --limit 20",
        "quartal upload corrected/ --delivery 2026Q3 --replace",
        "quartal upload - --delivery 2026Q3 --name sales.csv",
        "quartal upload --delivery 2026Q3 --remove old.csv",
    ),
}


EXAMPLES_IN_GROUPS = {
    "contract init": (
        "quartal contract init sales.csv --out data/contracts/sales.yaml",
        "quartal contract init sales.csv --entity shop --key order_id --date-order day",
        "quartal contract init --url postgresql://reader@host/db --table sales",
    ),
    "contract lint": (
        "quartal contract lint data/contracts/sales.yaml",
        "quartal contract lint data/contracts/*.yaml --against origin/main --json",
    ),
    "contract export": ("quartal contract export data/contracts/sales.yaml --format dqdl",),
    "contract show": ("quartal contract show data/contracts/sales.yaml",),
    "contract try": ("quartal contract try exports/*.csv --contract data/contracts/sales.yaml",),
    "data generate": ("quartal data generate", "quartal data generate --feed charging_sessions --rows 50000"),
    "localstack start": ("quartal localstack start --if-needed",),
    "localstack status": ("quartal localstack status",),
    "localstack stop": ("quartal localstack stop",),
    "toolchain exec": ("quartal toolchain exec spark-submit job.py",),
    "toolchain install": ("quartal toolchain install",),
    "toolchain python": ("quartal toolchain python localstack -m pip list",),
}


def add_examples(app: typer.Typer, group: str = "") -> None:
    """Add the examples to the end of each command's help."""
    examples = EXAMPLES | EXAMPLES_IN_GROUPS
    for command in app.registered_commands:
        name = f"{group} {command.name or getattr(command.callback, '__name__', '')}".strip()
        if name in examples:
            # typer makes one line of each paragraph
            command.epilog = "\n\n".join(("Examples:", *(f"  {example}" for example in examples[name])))
