"""A diagram of the plan: changed blocks as boxes and their references as lines, with positions.

Boxes are the blocks of the configuration, not their instances. With more than `_MOST_BOXES` of them, the boxes are
modules, because a picture of hundreds of boxes shows nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from plan_review.model import ACTION_ORDER, Action, Plan, without_index

BOX_WIDTH, BOX_HEIGHT = 260, 40
_GAP_X, _GAP_Y, _MARGIN = 70, 14, 10
_MOST_BOXES = 60
# what fits into a box, by the letters of page.css, which are of one width: above, and below it with a sign of three
_MOST_LETTERS_ABOVE = 38
_MOST_LETTERS = 32
_SIGN = 4


@dataclass(frozen=True, slots=True)
class Box:
    """A block of the configuration that the plan touches."""

    address: str
    label: str
    above: str
    action: Action
    count: int
    x: int
    y: int

    @property
    def middle(self) -> int:
        """The vertical position at which lines begin and end."""
        return self.y + BOX_HEIGHT // 2


@dataclass(frozen=True, slots=True)
class Line:
    """From the mentioned box to the one that mentions it, in the direction of an apply."""

    start: Box
    end: Box

    @property
    def path(self) -> str:
        """A curve, as SVG writes it."""
        x1, x2 = self.start.x + BOX_WIDTH, self.end.x
        bend = max(30, (x2 - x1) // 2)
        y1, y2 = self.start.middle, self.end.middle
        return f"M{x1},{y1} C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}"


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes and lines, and the size of the sheet."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: int
    height: int


def is_worth_drawing(plan: Plan) -> bool:
    """Whether a picture is useful: not for a plan that only creates, and not for a single box."""
    blocks = {without_index(change.address) for change in plan.changes}
    return len(blocks) > 1 and any(change.action is not Action.CREATE for change in plan.changes)


def draw(plan: Plan) -> Picture:
    """Lay out the changed boxes, dependencies to the left of their dependents."""
    actions: dict[str, list[Action]] = defaultdict(list)
    for change in plan.changes:
        actions[without_index(change.address)].append(change.action)
    is_coarse = len(actions) > _MOST_BOXES
    if is_coarse:
        modules: dict[str, list[Action]] = defaultdict(list)
        for change in plan.changes:
            modules[without_index(change.module) or "root module"].append(change.action)
        actions = modules
    edges = _edges(plan, frozenset(actions), is_coarse=is_coarse)
    columns = _columns(sorted(actions), edges)
    boxes: dict[str, Box] = {}
    for column, members in enumerate(columns):
        for row, address in enumerate(members):
            suffix = f" x{len(actions[address])}" if len(actions[address]) > 1 else ""
            above, _, label = address.rpartition(".") if is_coarse else _halves(address)
            boxes[address] = Box(
                address=address,
                label=_short(label, _MOST_LETTERS - _SIGN - len(suffix)),
                above=_short(above, _MOST_LETTERS_ABOVE),
                action=min(actions[address], key=ACTION_ORDER.index),
                count=len(actions[address]),
                x=_MARGIN + column * (BOX_WIDTH + _GAP_X),
                y=_MARGIN + row * (BOX_HEIGHT + _GAP_Y),
            )
    return Picture(
        boxes=tuple(boxes.values()),
        lines=tuple(Line(boxes[target], boxes[source]) for source, target in sorted(edges)),
        width=2 * _MARGIN + max(len(columns), 1) * (BOX_WIDTH + _GAP_X) - _GAP_X,
        height=2 * _MARGIN + max(map(len, columns), default=1) * (BOX_HEIGHT + _GAP_Y) - _GAP_Y,
    )


def _edges(plan: Plan, known: frozenset[str], *, is_coarse: bool) -> set[tuple[str, str]]:
    """Pairs (box, mentioned box); a mention of a module means all of its boxes."""
    edges: set[tuple[str, str]] = set()
    for source, target in plan.references:
        for one in _meant(source, known, is_coarse=is_coarse):
            for other in _meant(target, known, is_coarse=is_coarse):
                if one != other:
                    edges.add((one, other))
    return edges


def _meant(address: str, known: frozenset[str], *, is_coarse: bool) -> list[str]:
    if is_coarse:
        steps = address.split(".")
        path: list[str] = []
        while len(steps) >= 2 and steps[0] == "module":
            path, steps = [*path, *steps[:2]], steps[2:]
        module = ".".join(path) or "root module"
        return [module] if module in known else []
    if address in known:
        return [address]
    return [name for name in sorted(known) if name.startswith(f"{address}.")] if address.startswith("module.") else []


def _columns(addresses: list[str], edges: set[tuple[str, str]]) -> list[list[str]]:
    """Put each address into the column after the last one that it mentions; cycles are cut where they close."""
    mentions: dict[str, list[str]] = defaultdict(list)
    for source, target in sorted(edges):
        mentions[source].append(target)
    depth: dict[str, int] = {}

    def measure_depth(address: str, way: frozenset[str]) -> int:
        if address not in depth:
            further = [target for target in mentions[address] if target not in way]
            depth[address] = max((measure_depth(target, way | {address}) + 1 for target in further), default=0)
        return depth[address]

    columns: list[list[str]] = []
    for address in addresses:
        at = measure_depth(address, frozenset({address}))
        columns += [[] for _ in range(at + 1 - len(columns))]
        columns[at].append(address)
    return columns


def _halves(address: str) -> tuple[str, str, str]:
    kind, _, name = address.rpartition(".")
    module, _, resource_type = kind.rpartition(".")
    return (f"{module} " if module else "") + name, ".", resource_type


def _short(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"
