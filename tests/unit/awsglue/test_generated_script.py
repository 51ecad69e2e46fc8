import runpy
import sys
from pathlib import Path

from awsglue.bookmarks import FILE_VARIABLE
from tests.unit.awsglue.conftest import add_table

SCRIPT = Path(__file__).parent / "generated_script.py"


def test_generated_script_runs_unchanged(spark, glue, tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("1,Saab,x\n2,Volvo,y\n")
    columns = [("id", "bigint"), ("brand", "string"), ("note", "string")]
    add_table(glue, tmp_path / "in", columns, classification="csv")
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "bookmark.json"))
    target = str(tmp_path / "out")
    options = ["--JOB_NAME", "etl", "--job-bookmark-option", "job-bookmark-enable", "--TARGET", target]
    monkeypatch.setattr(sys, "argv", ["generated_script.py", *options])

    for _ in range(2):  # the second time there is nothing new
        runpy.run_path(str(SCRIPT), run_name="__main__")

    texts = [file.read_text() for file in Path(target).glob("[!.]*")]
    assert texts == ["id,make\n1,Saab\n2,Volvo\n"]
