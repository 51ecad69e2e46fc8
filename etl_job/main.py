"""Entry point: the script that Glue, ``spark-submit`` or Python starts. The package beside it holds the work."""

import sys

from etl_job.run import main

if __name__ == "__main__":
    main(sys.argv[1:])
