"""The documentation's search in pages opened from a folder, where browsers start no workers."""

from __future__ import annotations

from pathlib import Path

SHIM = Path(__file__).parents[2] / "docs" / "scripts" / "iframe-worker.js"
WORKER = "addEventListener('message', (event) => postMessage(event.data.map((word) => word.toUpperCase())))"
PAGE = """<!doctype html><body><script src="{shim}"></script><script>
const worker = new Worker("worker.js");
worker.addEventListener("message", (event) => document.body.append(event.data.join(" ") + ";"));
worker.postMessage(["before", "it"]); setTimeout(() => worker.postMessage(["once", "it"]), 50);
</script></body>"""


def test_page_from_a_folder_has_a_worker_that_answers(open_html, complaints, tmp_path):
    (tmp_path / "worker.js").write_text(WORKER)
    page = open_html(PAGE.format(shim=SHIM.as_uri()))
    page.get_by_text("BEFORE IT;ONCE IT;").wait_for()
    assert complaints == []
