"""What a host sets for its process; each test has a process of its own."""

import subprocess
import sys
from pathlib import Path

END = """
import atexit, sys, tempfile
from localstack_glue.hosts import process

class Model:
    def __init__(self):
        self.own = self  # only the garbage collector can free it
    def __del__(self):
        print("freed")

atexit.register(print, "registered before")
if sys.argv[1] == "saves time":
    process.save_time()
folder = tempfile.TemporaryDirectory()
atexit.register(print, "registered after")
model = Model()
print(folder.name)
"""
ENDPOINTS = """
import boto3, botocore.loaders, pathlib
from localstack_glue.hosts import process

read = []
load = botocore.loaders.JSONFileLoader.load_file
def counted(self, path):
    read.append(pathlib.Path(path).name)
    return load(self, path)
botocore.loaders.JSONFileLoader.load_file = counted
process.save_time()
answers = [tuple(boto3.Session().get_available_regions("glue")) for _ in range(3)]
assert len(set(answers)) == 1 and "eu-central-1" in answers[0]
assert boto3.Session().get_available_regions("glue", "aws-cn") == ["cn-north-1", "cn-northwest-1"]
print(read.count("endpoints"))
"""
QUERY = """
import atexit, sys
from localstack_glue.hosts import process

process.save_time()
import localstack_glue.athena.engine.run
atexit.register(print, "still seen", file=sys.stderr)
"""


def _output(script: str, *arguments: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_process_frees_no_modules_at_its_end_but_does_all_that_is_registered():
    folder, *rest = _output(END, "saves time")
    assert rest == ["registered after", "registered before"]
    assert not Path(folder).exists()
    assert _output(END, "as usual")[1:] == ["registered after", "registered before", "freed"]


def test_all_sessions_of_a_process_share_one_reading_of_the_endpoints():
    assert _output(ENDPOINTS) == ["1"]


def test_duckdb_reports_no_leaks_at_the_end():
    done = subprocess.run([sys.executable, "-c", QUERY], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "still seen\n")
