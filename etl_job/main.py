"""Entry point: the script that Glue, ``spark-submit`` or Python starts. The package next to it contains the job."""

import atexit
import gc
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from etl_job.spark.session import get_session

if __name__ == "__main__":
    # At its end Python looks for cycles once more, twice, for a fifth of a second: what is frozen it leaves alone.
    atexit.register(gc.freeze)
    with ThreadPoolExecutor(1, thread_name_prefix="spark-start") as starter:
        # Spark needs seconds to start: meanwhile the job is loaded, and asks for the same session when it needs one.
        starter.submit(get_session, os.environ)
        from etl_job.run import main

        main(sys.argv[1:])
