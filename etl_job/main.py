"""Entry point: the script that Glue, ``spark-submit`` or Python starts. The package beside it holds the work."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

from etl_job.session import get_session

if __name__ == "__main__":
    with ThreadPoolExecutor(1, thread_name_prefix="spark-start") as starter:
        # Spark needs seconds to start: meanwhile the job is loaded, and asks for the same session when it needs one.
        starter.submit(get_session, os.environ)
        from etl_job.run import main

        main(sys.argv[1:])
