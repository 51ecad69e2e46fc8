"""An mkdocs hook: add pages that are stored next to the code that they describe.

A link from such a page, or to one, is written as it works in the repository. Links to files that are no pages become
plain text: the site stands without the repository beside it.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

PAGES = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "infra/README.md",
    "infra/examples/*/README.md",
    "infra/modules/*/README.md",
    "tooling/localstack_glue/README.md",
    "tooling/plan_review/README.md",
)
_LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)#\s]*)(?P<anchor>#[^)\s]*)?\)")
_FENCED = re.compile(r"(^```.*?^```)", re.DOTALL | re.MULTILINE)
HOME = "index.md"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages."""
    root = Path(config.docs_dir).parent
    files.append(File.generated(config, HOME, content=(root / "README.md").read_text("utf-8")))
    for pattern in PAGES:
        for path in sorted(root.glob(pattern)):
            files.append(File.generated(config, path.relative_to(root).as_posix(), content=path.read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point each link at its page in the site."""
    root = Path(config.docs_dir).parent
    here = page.file.src_uri
    beside = "README.md" if here == HOME else here if page.file.generated_by else f"docs/{here}"

    def resolve(link: re.Match[str]) -> str:
        target, anchor = link["target"], link["anchor"] or ""
        if not target or ":" in target:
            return link[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(beside), target))
        for candidate in (path, f"{path}/README.md"):
            uri = HOME if candidate == "README.md" else candidate.removeprefix("docs/")
            if files.get_file_from_path(uri) is not None:
                return f"[{link['text']}]({posixpath.relpath(uri, posixpath.dirname(here) or '.')}{anchor})"
        is_there = (root / path).exists()
        return link["text"] if is_there else link[0]  # mkdocs reports the broken one

    return "".join(part if part.startswith("```") else _LINK.sub(resolve, part) for part in _FENCED.split(markdown))
