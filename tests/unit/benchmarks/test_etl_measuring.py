"""The cost of a program is that of all its processes."""

import os
import sys

from benchmarks.etl.measuring import _Seen, run

BURN = "import time\nwhile time.process_time() < 1.5: pass"
# Like Spark with its Python workers: it lives until the other has ended, but does not wait for it.
LEAVES_ONE = f"""
import psutil, subprocess, sys, time
worker = psutil.Process(subprocess.Popen([sys.executable, "-c", {BURN!r}]).pid)
while worker.status() != psutil.STATUS_ZOMBIE: time.sleep(0.05)
"""


def test_processor_time_of_processes_that_nobody_waited_for_counts(tmp_path):
    cost, _ = run([sys.executable, "-c", LEAVES_ONE], os.environ, tmp_path / "leaves-one")
    assert 1.3 < cost.cpu_s < 4


def test_processor_time_of_processes_that_were_waited_for_counts_once(tmp_path):
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}], check=True)"
    cost, _ = run([sys.executable, "-c", script], os.environ, tmp_path / "waits")
    assert 1.5 < cost.cpu_s < 2.8
    assert cost.wall_s > 1.4
    assert cost.peak_rss_mb > 5


def test_memory_that_a_single_reading_saw_is_not_the_peak():
    seen = _Seen(os.getpid())
    for reading in (900, 2_200, 3_300, 2_100, 2_150, 800):  # a child of Java's in the third, not yet its own program
        seen._see(reading)
    assert seen.peak_bytes == 2_200
