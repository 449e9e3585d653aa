"""Results of earlier calls, indexed for the search of origins: what of them prompts have shown, and their calls."""

import copy
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TypeGuard

from pydantic import JsonValue

from toolgrad_dspy.provenance.origins.combined import Column, columns
from toolgrad_dspy.provenance.origins.forms import Form, forms, id_keys_of
from toolgrad_dspy.provenance.origins.kinds import Kind, kind_at, needs_kind, same_kind
from toolgrad_dspy.provenance.origins.sentences import stated_in
from toolgrad_dspy.records import (
    Observation,
    Origin,
    PointerError,
    ToolCall,
    alike,
    escape,
    last_key,
    leaves,
    lookup,
    names_id,
)
from toolgrad_dspy.rendering.cutting import MORE

# Of a shorter text a part would be a letter or two.
LONGER_THAN = 4
# Ids that the schema of an argument offers to choose from, and the characters of one: those count as shown.
KNOWN_IDS = 40
LONGEST_ID = 200
# Characters of all texts together in which sentences are read.
LONGEST_SENTENCES = 200_000
# A text that was cut begins as the whole one does.
_BEGINNING = 24
_LIST_ITEM = re.compile(r"/\d+(?:/|$)")

JsonScalar = str | int | float


class EarlierResult:
    """A result of an earlier call, which arguments may come from, with its leaves indexed once.

    ``step`` is the id of the step (or attempt) that gave it, ``value`` the result as data, ``id_keys`` the names
    under which it has ids, with the first place of each. ``call`` and ``origins``
    are the call's and those of its arguments, ``category`` that of its tool: without them nothing is known of what it
    only repeats. ``shown`` has the forms in which prompts show the result; None if they show all of it.
    """

    def __init__(
        self,
        step: str,
        observation: Observation,
        call: ToolCall | None = None,
        origins: Sequence[Origin] = (),
        *,
        category: str = "",
        shown: Iterable[JsonValue] | None = None,
    ) -> None:
        self.step = step
        self.value = observation.value
        self.call = call
        self.origins = tuple(origins)
        self._category = category
        self.texts: list[tuple[str, str]] = []
        self.id_keys: dict[str, str] = {}
        self._ids: dict[str, list[tuple[str, JsonScalar]]] = {}
        self.views: tuple[JsonValue, ...] = (self.value,) if shown is None else tuple(shown)
        found: dict[JsonScalar, dict[str, None]] = {}
        for path, leaf in leaves(self.value):
            if _is_value(leaf) and names_id(key := last_key(path)):
                self.id_keys.setdefault(key, path)
                self._ids.setdefault(key, []).append((path, leaf))
                if len(self._ids[key]) <= KNOWN_IDS and not (isinstance(leaf, str) and len(leaf) > LONGEST_ID):
                    found.setdefault(leaf, {})[path] = None
        for path, leaf, whole in self._shown():
            if whole:
                found.setdefault(leaf, {})[path] = None
            if isinstance(leaf, str) and len(leaf) > LONGER_THAN:
                self.texts.append((path, leaf))
        self._paths = {leaf: list(places) for leaf, places in found.items()}

    def _shown(self) -> Iterator[tuple[str, JsonScalar, bool]]:
        """The leaves that prompts show, and whether each is shown whole. Booleans and null are never among them:
        every result has some, so equality with one proves nothing.
        """
        if any(view is self.value for view in self.views):
            yield from ((path, leaf, True) for path, leaf in leaves(self.value) if _is_value(leaf))
            return
        seen = set()
        for view in self.views:
            for path, leaf in leaves(view):
                if path in seen or not _is_value(leaf):
                    continue
                try:
                    full = lookup(self.value, path)
                except PointerError:  # it stands for what was left out
                    continue
                if full == leaf:
                    seen.add(path)
                    yield path, leaf, True
                elif _is_cut(full, leaf):
                    yield path, leaf, False

    def renamed(self, step: str, origins: Sequence[Origin] = ()) -> "EarlierResult":
        """The same result under another id, as when an attempt becomes a step, whose origins name steps; it is not
        indexed again.
        """
        renamed = copy.copy(self)
        renamed.step = step
        renamed.origins = tuple(origins) or self.origins
        return renamed

    def ids_for(self, parameter: str, tool: str, category: str) -> Iterator[JsonScalar]:
        """The ids that the ``parameter`` of ``tool`` can be: those called like it, but for undistinctive ones of
        another kind, as the 3 of an order is no employee's.
        """
        kind = kind_at(f"/{escape(parameter)}", tool, category)
        for key, places in self._ids.items():
            if alike(parameter, key):
                yield from (i for path, i in places if not needs_kind(i) or same_kind(kind, self.kind(path)))

    @property
    def size(self) -> int:
        """How many different values it has shown."""
        return len(self._paths)

    def paths(self, value: JsonScalar) -> list[str]:
        """Where a leaf equal to ``value`` stands: ``1`` equals ``1.0``; booleans and null are never indexed."""
        return self._paths.get(value, [])

    def kind(self, path: str) -> Kind:
        """The kind of what stands at ``path``."""
        return kind_at(path, self.tool, self._category)

    @property
    def tool(self) -> str:
        """The name of the tool that gave it; empty if that is not known."""
        return self.call.tool if self.call else ""

    def given(self) -> Iterator[tuple[Kind, JsonValue, Origin]]:
        """What the call was given: the kind, the value and the origin of every argument."""
        if self.call is None:
            return
        for origin in self.origins:
            try:
                yield self.kind(origin.pointer), lookup(self.call.arguments, origin.pointer), origin
            except PointerError:  # the origins of another call: `origin_faults` tells
                continue

    def mentions(self, text: str) -> bool:
        """Whether one of the texts may have ``text`` in it: far quicker than looking through them one by one."""
        return text in self._all_texts

    @cached_property
    def _all_texts(self) -> str:
        return "\n".join(text for _, text in self.texts)

    @cached_property
    def forms(self) -> dict[Form, list[str]]:
        """Where a value stands that another one follows from, by the rule and the form it is compared in."""
        found: dict[Form, list[str]] = {}
        for leaf, paths in self._paths.items():
            for path in paths:
                for form in forms(last_key(path), leaf):
                    found.setdefault(form, []).append(path)
        room = LONGEST_SENTENCES
        for path, text in self.texts:  # those that prompts show cut, too
            for stated in stated_in(text[:room]):
                if path not in (known := found.setdefault(stated, [])):
                    known.append(path)
            room = max(0, room - len(text))
        for view in self.views:
            for form, path in id_keys_of(view):
                if path not in (known := found.setdefault(form, [])):
                    known.append(path)
        return found

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The lists of numbers, and the lists of objects that have a number under a name."""
        return tuple(column for view in self.views for column in columns(view))

    @cached_property
    def single_numbers(self) -> dict[str, tuple[str, float]]:
        """The numbers that stand in no list and alone under their names, with their places."""
        found: dict[str, list[tuple[str, float]]] = {}
        for leaf, paths in self._paths.items():
            for path in paths:
                if not isinstance(leaf, str) and not names_id(last_key(path)) and not _LIST_ITEM.search(path):
                    found.setdefault(last_key(path), []).append((path, leaf))
        return {name: places[0] for name, places in found.items() if len(places) == 1}


def _is_cut(full: JsonValue, leaf: JsonScalar) -> bool:
    """Whether ``leaf`` is the text ``full`` as far as there was room for it."""
    if not isinstance(full, str) or not isinstance(leaf, str) or MORE not in leaf:
        return False
    return leaf[:_BEGINNING] == full[:_BEGINNING]


def _is_value(leaf: JsonValue) -> TypeGuard[JsonScalar]:
    return isinstance(leaf, (str, int, float)) and not isinstance(leaf, bool) and leaf != ""
