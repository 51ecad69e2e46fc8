"""Runs of the job one after the other on one session, in a program of its own: their arguments are the program's."""

import json
import os
import sys

from etl_job.arguments import parse_arguments
from etl_job.notify.progress import Progress
from etl_job.run import run

if __name__ == "__main__":
    for argv in json.loads(sys.argv[1]):
        run(parse_arguments(argv), os.environ, Progress(lambda _line: None))
