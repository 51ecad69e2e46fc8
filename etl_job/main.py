"""Entry point: the script that Glue, ``spark-submit`` or Python starts. The package next to it contains the job."""

import atexit
import gc
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from etl_job.spark.session import get_session

if __name__ == "__main__":
    # At exit Python collects garbage twice, which takes a fifth of a second. It skips frozen objects.
    atexit.register(gc.freeze)
    with ThreadPoolExecutor(1, thread_name_prefix="spark-start") as starter:
        # Spark needs seconds to start. Meanwhile the job is imported, and later requests the same session.
        starter.submit(get_session, os.environ)
        from etl_job.run import main

        main(sys.argv[1:])
