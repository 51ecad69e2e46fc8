"""The base of self-contained HTML pages: no network, no fonts, no libraries. `templates/` has the common parts."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from plan_review.visible import visible


def page_environment(package: str) -> Environment:
    """The templates of a package and the common ones; every value is escaped, and a missing one is an error."""
    return Environment(
        loader=ChoiceLoader([PackageLoader(package, "templates"), PackageLoader("plan_review", "templates")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_template(
    environment: Environment, template: str, *, styles: tuple[str, ...], scripts: tuple[str, ...], **values: Any
) -> str:
    """A page whose policy allows the browser only these styles and scripts, regardless of the values.

    Args:
        environment: from `page_environment`.
        template: name of the page's template; it holds `head`, which is the policy and the styles, and `script`.
        styles: names of the templates' style sheets.
        scripts: names of the templates' scripts.
        values: the values for the template.
    """
    style, script = (_joined(environment, names) for names in (styles, scripts))
    sources = f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    policy = f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'"
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<style>{style}</style>'
    page = environment.get_template(template).render(
        # S704: both are files of the package
        head=Markup(head),  # noqa: S704
        script=Markup(f"<script>{script}</script>"),  # noqa: S704
        **values,
    )
    return visible(page)


def _joined(environment: Environment, names: tuple[str, ...]) -> str:
    return "".join(f"\n{environment.get_template(name).render()}" for name in names) + "\n"


def _hash(text: str) -> str:
    """The hash of an element's content for a policy: https://www.w3.org/TR/CSP3/#match-element-to-source-list."""
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
