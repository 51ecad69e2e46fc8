"""Lets a Java that waits for a run load what a session needs: creates a session, runs a query, and stops it.

Started by path in the job's own Python. Arguments: the file in which Spark's gateway server says where it listens, the
one in which the run's script looks for that, and the server's process id. The second file appears when the server may
be used; that is so too when this fails, for Java is then as good as one that was just started.
"""

import contextlib
import importlib
import os
import sys
from pathlib import Path

# nothing of the run's own configuration: no listener, event log or extension of it is to see this session
SETTINGS = {
    "spark.master": "local[1]",
    "spark.app.name": "glue-local-warm-up",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
}


def main() -> None:
    """Wait for the address, use it, hand it on."""
    ready_gateway = importlib.import_module("ready_gateway")  # beside this file
    announced, handed_on = Path(sys.argv[1]), Path(sys.argv[2])
    if not ready_gateway.wait_for(announced, int(sys.argv[3])):
        return
    try:
        with contextlib.suppress(Exception):
            os.environ.update(ready_gateway.read_address(announced.read_bytes()))
            load()
    finally:
        announced.replace(handed_on)


def load() -> None:
    """Make a session, run a query and stop it."""
    pyspark, sql = importlib.import_module("pyspark"), importlib.import_module("pyspark.sql")
    conf = pyspark.SparkConf(loadDefaults=False).setAll(list(SETTINGS.items()))
    context = pyspark.SparkContext(conf=conf)
    try:
        sql.SparkSession(context).range(1).selectExpr("sum(id)").collect()
    finally:
        context.stop()


if __name__ == "__main__":
    main()
