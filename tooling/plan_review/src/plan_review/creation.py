"""A new resource in a few lines: attributes about access, reach and data first, the rest folded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from plan_review.model import Action, Plan, ResourceChange
from plan_review.values import Marker, leaves

_LISTED = 8
_MOST_LISTED = 30
# names, anywhere in a path, of what a reviewer looks for
_TELLING = re.compile(
    r"(?i)(polic|statement|principal|grant|permission|action|effect|role|acl|public|cidr|ingress|egress|port|protocol"
    r"|source|prefix_list|internal|authori[sz]|authentication|retention|expir|transition|lifecycle|days|prefix|status"
    r"|versioning|force_|skip_|protect|encrypt|kms|sse_|ssl|tls|schedule|enabled|state|rule|engine|instance_class"
    r"|worker|script_location|argument|member|endpoint|bucket$|^name$|url$|target)"
)
_UNTOLD = re.compile(r"^(tags|tags_all|timeouts)\b")


@dataclass(frozen=True, slots=True)
class Creation:
    """The attributes of a new resource.

    Attributes:
        listed: paths and values worth a line.
        folded: names of the attributes that are not shown in full.
    """

    listed: tuple[tuple[str, Any], ...] = ()
    folded: tuple[str, ...] = ()

    @property
    def rest(self) -> str:
        """The folded attributes in words; empty if there are none."""
        return f"and {len(self.folded)} more: {', '.join(self.folded)}" if self.folded else ""


def creation(change: ResourceChange, plan: Plan) -> Creation:
    """The attributes of a new resource, without those that only AWS can know; empty for other changes."""
    if change.action is not Action.CREATE:
        return Creation()
    found = [leaf for leaf in leaves(dict(plan.without_computed(change).after)) if leaf[1] not in ("", Marker.UNKNOWN)]
    telling = [leaf for leaf in found if _TELLING.search(leaf[0]) and not _UNTOLD.match(leaf[0])]
    others = [leaf for leaf in found if leaf not in telling and leaf[1] is not False and not _UNTOLD.match(leaf[0])]
    listed = (*telling[:_MOST_LISTED], *others[: max(0, _LISTED - len(telling))])
    kept = {path for path, _ in listed}
    names = (re.split(r"[.\[]", path)[0] for path, _ in found if path not in kept)
    return Creation(listed, tuple(dict.fromkeys(names)))
