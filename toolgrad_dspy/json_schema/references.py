"""Where the references of a schema lead, within the document that it stands in.

What the drafts say of base URIs, anchors and dynamic scopes is known to the library ``referencing``; added here is
what it refuses: documents that are no schemas throughout (OpenAPI), and schemas with mistakes in them.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pydantic import JsonValue

from toolgrad_dspy.json_schema.keywords import shared_schemas
from toolgrad_dspy.records.pointer import child

if TYPE_CHECKING:
    from referencing import Registry, Resource, Specification
    from referencing._core import Resolver  # public in all but its address: what ``Registry.resolver`` returns

    # The base URI that references are relative to, and the way that led there, which ``$dynamicRef`` asks for.
    # ``Any``: the library's own type for a schema is a mapping, and what stands in documents may be anything.
    Scope = Resolver[Any]

# JSON Schema 2020-12, Core, section 8.2.3; ``$recursiveRef`` is 2019-09's word for the second.
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")

# What ``referencing`` and ``jsonschema`` fail with where something else stands in the place of a schema.
MALFORMED = (AttributeError, LookupError, TypeError, ValueError)


class Document:
    """A root, and all that references into it may name.

    ``root`` is a schema or an OpenAPI document; it must not change while it is walked. The library is loaded with the
    first reference that is more than a pointer, not before.
    """

    def __init__(self, root: JsonValue) -> None:
        self.root = root

    @cached_property
    def scope(self) -> "Scope":
        """The scope of the root."""
        from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

        known: Registry[Any] = REGISTRY  # the drafts' own schemas, which some refer to
        resource = self._resource(self._crawled)
        try:
            uri = resource.id() or ""
            # Resources are crawled here once: a registry that still has to be is crawled anew with every lookup.
            registry: Registry[Any] = known.with_resource(uri, resource).crawl()
        except MALFORMED:  # then pointers are followed, and nothing has a name
            return known.resolver()
        return registry.resolver(uri)

    @cached_property
    def _crawled(self) -> JsonValue:
        """The root with the schemas of an OpenAPI document where anchors and ids are looked for."""
        shared = shared_schemas(self.root)
        if not isinstance(self.root, dict) or not shared or "$defs" in self.root:
            return self.root
        return {**self.root, "$defs": shared}

    def enter(self, contents: JsonValue, scope: "Scope | None") -> "Scope | None":
        """The scope inside of ``contents``, a schema of this document; None stands for the root's."""
        if contents is self.root or not isinstance(contents, dict):
            return scope
        if not isinstance(contents.get("$id"), str) and not isinstance(contents.get("id"), str):
            return scope
        try:
            return (scope or self.scope).in_subresource(self._resource(contents))
        except MALFORMED:
            return scope

    def follow(self, keyword: str, reference: str, scope: "Scope | None") -> "tuple[JsonValue, Scope | None] | None":
        """What ``reference`` leads to, with the scope there; None if that is in no place of this document."""
        pointed = self._pointed(reference)
        if pointed is not None and scope is None:
            return pointed
        from referencing.exceptions import Unresolvable
        from referencing.jsonschema import lookup_recursive_ref

        here = scope or self.scope
        try:
            target = lookup_recursive_ref(here) if keyword == "$recursiveRef" else here.lookup(reference)
        except (Unresolvable, *MALFORMED):
            # People mean the root by "#", whatever "$id" stands around the reference.
            return pointed
        contents: Any = target.contents
        return self.root if contents is self._crawled else contents, target.resolver

    def dangles(self, keyword: str, reference: str, scope: "Scope | None") -> bool:
        """Whether ``reference`` names a place of this document that is not there.

        One into another document does not: that is never fetched, and may be as it should.
        """
        if self.follow(keyword, reference, scope) is not None:
            return False
        from referencing.exceptions import InvalidAnchor, NoSuchAnchor, PointerToNowhere, Unresolvable

        try:
            (scope or self.scope).lookup(reference)
        except (NoSuchAnchor, InvalidAnchor, PointerToNowhere):
            return True
        except (Unresolvable, *MALFORMED):  # nothing is known by that URI, or it is none
            return reference.startswith("#")
        return True

    def _pointed(self, reference: str) -> "tuple[JsonValue, Scope | None] | None":
        """What a JSON Pointer leads to from the root: nearly all references are such, and need no library."""
        if reference != "#" and not reference.startswith("#/"):
            return None
        here, scope = self.root, None
        for token in unquote(reference[1:]).split("/")[1:]:
            try:
                here = child(here, token)
            except KeyError:
                return None
            scope = self.enter(here, scope)
        return here, scope

    def _resource(self, contents: JsonValue) -> "Resource[Any]":
        """``contents`` in its own dialect, else in the root's."""
        return _dialect(contents, self._root_dialect).create_resource(contents)

    @cached_property
    def _root_dialect(self) -> "Specification[Any]":
        """What ``$schema`` names, else 2020-12, which is also OpenAPI 3.1's (section 4.8.24.5)."""
        from referencing.jsonschema import DRAFT202012

        return _dialect(self.root, DRAFT202012)


def _dialect(contents: JsonValue, default: "Specification[Any]") -> "Specification[Any]":
    try:
        return default.detect(contents)
    except MALFORMED:  # "$schema" is no text
        return default
