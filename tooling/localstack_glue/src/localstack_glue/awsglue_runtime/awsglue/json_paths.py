"""`jsonPath`: records that are parts of the documents in JSON files.

Follows the page "Using the JSON format in AWS Glue" of the AWS Glue Developer Guide. Supports steps into objects
(`.name`, `['name']`) and arrays (`[*]`, `[0]`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from awsglue import json_files, json_tables
from awsglue.content import Content
from awsglue.errors import unsupported

Step = str | int | None  # a key, a position, or all elements
_STEP = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?P<all>\*)\]|\[(?P<position>\d+)\]|\[['\"](?P<quoted>[^'\"]+)['\"]\]")


def parse_steps(path: str) -> list[Step]:
    """Parse a path such as `$.value[*]`."""
    rest, steps = path.strip().removeprefix("$"), list[Step]()
    while rest:
        found = _STEP.match(rest)
        if found is None or not path.strip().startswith("$"):
            unsupported(f"the jsonPath {path}")
        if found["position"] is not None:
            steps.append(int(found["position"]))
        else:
            steps.append(None if found["all"] else found["name"] or found["quoted"])
        rest = rest[found.end() :]
    return steps


def select(value: Any, steps: Sequence[Step]) -> Iterator[Any]:
    """The parts of a document at a path."""
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    if step is None:
        for item in value if isinstance(value, list) else ():
            yield from select(item, rest)
    elif isinstance(step, int):
        if isinstance(value, list) and step < len(value):
            yield from select(value[step], rest)
    elif isinstance(value, dict) and step in value:
        yield from select(value[step], rest)


def read(session: SparkSession, files: Sequence[str], options: Mapping[str, str], path: str) -> Content:
    """Read the records at a path of each document, and as errors the documents that are not JSON."""
    steps = parse_steps(path)
    lines = session.read.format("text").options(**options, wholetext="true").load(list(files))
    texts = lines.selectExpr(f"value as {json_tables.LINE}").rdd.flatMap(json_tables.split_documents)

    def records(row: tuple[str, ...]) -> Iterator[str]:
        try:
            document = json.loads(row[0])
        except ValueError:
            yield row[0]
            return
        for record in select(document, steps):
            for one in record if isinstance(record, list) else [record]:
                yield json.dumps(one)

    found = json_files.read_documents(session, texts.flatMap(records))
    if found.errors is not None and found.errors.where(F.col("error.msg") == json_files.NO_OBJECT).take(1):
        unsupported(f"the jsonPath {path}, which leads to values that are not objects")
    return found
