"""The file that remembers what probes of models found, so that each model is asked once.

``$XDG_CACHE_HOME/toolgrad-dspy/capabilities.json`` (XDG Base Directory Specification 0.8), or where
``TOOLGRAD_CAPABILITIES`` says. An entry belongs to a model at an address, through an engine: the engines differ in
what they pass on. Addresses are kept without user names, passwords and queries, and keys are not kept at all.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from toolgrad_dspy.errors import UsageError, first_problem, one_line, os_reason
from toolgrad_dspy.files import atomic_writer, store_errors
from toolgrad_dspy.lm.providers import provider_base
from toolgrad_dspy.lm.settings import CAPABILITIES_VARIABLE, ModelSettings, environment

Found = Mapping[str, bool | None]


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Probed(_Stored):
    """What a probe found about ``model`` at ``api_base`` (None: the provider's own); None is: not known."""

    model: str
    api_base: str | None
    engine: str
    json_schema: bool | None = None
    json_object: bool | None = None
    function_calling: bool | None = None
    logprobs: bool | None = None

    @property
    def key(self) -> tuple[str, str | None, str]:
        return self.model, self.api_base, self.engine


class _File(_Stored):
    models: tuple[Probed, ...] = ()


def address(settings: ModelSettings) -> str | None:
    """The base URL that is set for a model, also by its provider's own variable, without anything secret in it."""
    base = settings.api_base or provider_base(settings.model, environment())
    if not base:
        return None
    place = base.partition("?")[0].partition("#")[0]
    scheme, slashes, rest = place.partition("//") if "//" in place else ("", "", place)
    return f"{scheme}{slashes}{rest.rpartition('@')[2].rstrip('/')}"


def probed(settings: ModelSettings, found: Found) -> Probed:
    """An entry about the model of ``settings``."""
    return Probed(model=settings.model, api_base=address(settings), engine=settings.engine, **found)


def recall(settings: ModelSettings) -> Probed | None:
    """What was found about the model of ``settings``, if it was probed before. Raises UsageError."""
    key = probed(settings, {}).key
    return next((entry for entry in _read(_path()).models if entry.key == key), None)


def remember(entries: Iterable[Probed]) -> None:
    """Put ``entries`` into the file, over what it has about the same models. Raises UsageError or StoreError.

    Of two processes that do so at once, one may lose its entries, and will probe again; the file stays whole.
    """
    path = _path()
    merged = {entry.key: entry for entry in (*_read(path).models, *entries)}
    with store_errors(path, "write it"):
        path.parent.mkdir(parents=True, exist_ok=True)
    ordered = tuple(merged[key] for key in sorted(merged, key=str))
    with atomic_writer(path) as file:
        file.write(_File(models=ordered).model_dump_json(indent=2) + "\n")


def _path() -> Path:
    environ = environment()
    named = environ.get(CAPABILITIES_VARIABLE)
    if named:
        return Path(named)
    cache = environ.get("XDG_CACHE_HOME", "")
    try:
        # The specification has relative paths ignored.
        folder = Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        raise UsageError(f"there is no home folder; set {CAPABILITIES_VARIABLE} to a file for probes") from None
    return folder / "toolgrad-dspy" / "capabilities.json"


def _read(path: Path) -> _File:
    try:
        return _File.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return _File()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {os_reason(error)}") from None
    except ValidationError as error:
        where, message = first_problem(error)
        said = one_line(f"{where}: {message}" if where else message, 120)
        raise UsageError(
            f"{path}: not a file of remembered probes ({said}); delete it, and models are probed anew"
        ) from None
