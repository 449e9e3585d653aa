"""The file that remembers the results of probes, so that each model is probed once.

It is ``$XDG_CACHE_HOME/toolgrad-dspy/capabilities.json`` (XDG Base Directory Specification 0.8), or the file that
``TOOLGRAD_CAPABILITIES`` names. An entry belongs to a model at an address and to an engine, since the engines differ
in what they pass on. Addresses are stored without user names, passwords and queries, and keys are not stored at all.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from toolgrad_dspy.errors import UsageError, first_problem, one_line, os_reason
from toolgrad_dspy.files import atomic_writer, store_errors
from toolgrad_dspy.lm.credentials import public_base
from toolgrad_dspy.lm.providers import provider_base
from toolgrad_dspy.lm.settings import CAPABILITIES_VARIABLE, ModelSettings, environment

CapabilityValues = Mapping[str, bool | None]


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Probed(_Stored):
    """The result of a probe of ``model`` at ``api_base`` (None: the provider's own). A capability that is None is
    unknown.
    """

    model: str
    api_base: str | None
    engine: str
    json_schema: bool | None = None
    call_schema: bool | None = None
    json_object: bool | None = None
    function_calling: bool | None = None
    logprobs: bool | None = None

    @property
    def key(self) -> tuple[str, str | None, str]:
        return self.model, self.api_base, self.engine


class _File(_Stored):
    models: tuple[Probed, ...] = ()


def address(settings: ModelSettings) -> str | None:
    """The base URL that is set for a model, here or by its provider's own variable, without anything secret in it."""
    base = settings.api_base or provider_base(settings.model, environment())
    return public_base(base).rstrip("/") if base else None


def probed(settings: ModelSettings, values: CapabilityValues) -> Probed:
    """An entry with ``values`` by capability for the model of ``settings``."""
    return Probed(model=settings.model, api_base=address(settings), engine=settings.engine, **values)


def recall(settings: ModelSettings) -> Probed | None:
    """The entry about the model of ``settings``, or None if it was not probed yet. Raises UsageError."""
    key = probed(settings, {}).key
    return next((entry for entry in _read(_path()).models if entry.key == key), None)


def remember(entries: Iterable[Probed]) -> None:
    """Put ``entries`` into the file, in place of those about the same models. Raises UsageError or StoreError.

    Of two processes that do so at the same time, one may lose its entries and will probe again; the file stays valid.
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
        # The specification says that relative paths are to be ignored.
        folder = Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        raise UsageError(
            f"there is no home folder for the results of probes; set {CAPABILITIES_VARIABLE} to a file",
            code="no_home_folder",
        ) from None
    return folder / "toolgrad-dspy" / "capabilities.json"


def _read(path: Path) -> _File:
    try:
        return _File.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return _File()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {os_reason(error)}", code="unreadable_file") from None
    except ValidationError as error:
        where, message = first_problem(error)
        problem = one_line(f"{where}: {message}" if where else message, 120)
        raise UsageError(
            f"{path}: not a file of probe results ({problem}); delete it, and the models will be probed again",
            code="not_a_probes_file",
        ) from None
