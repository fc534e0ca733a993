"""The one reader of JSON and YAML settings: strict, and all errors of a file at once."""

from __future__ import annotations

import difflib
import json
import os
import re
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

import yaml
from pydantic import AfterValidator, ConfigDict, TypeAdapter, ValidationError, ValidationInfo

from sbmir.errors import ConfigError, NotFoundError
from sbmir.layout import REPOSITORY_ROOT

T = TypeVar("T")

STRICT = ConfigDict(extra="forbid")
"""What every settings dataclass is declared with: an unknown key is an error."""

_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def _from_config_folder(path: Path, info: ValidationInfo) -> Path:
    folder: Path = (info.context or {}).get("folder", Path())
    return (folder / path.expanduser()).absolute()


ConfigPath = Annotated[Path, AfterValidator(_from_config_folder)]
"""A path in a settings file; a relative one starts at the folder of that file."""


@dataclass(frozen=True)
class Examined(Generic[T]):
    """What a settings file holds.

    Attributes
    ----------
    raw:
        As JSON or YAML have it, with the variables' values.
    value:
        None where there are mistakes.
    """

    raw: Any
    value: T | None
    mistakes: tuple[str, ...] = ()


def read_config(path: Path, schema: type[T], variables: Mapping[str, str] | None = None) -> T:
    """Read a ``.json``, ``.yaml`` or ``.yml`` file into ``schema``.

    Parameters
    ----------
    schema:
        A pydantic dataclass (frozen, declared with ``STRICT``), or a mapping of such.
    variables:
        Values for ``${NAME}`` in strings, before the environment's. ``${ROOT_PATH}`` is the
        repository's root unless either sets it.

    Raises
    ------
    NotFoundError
        Where the file is not there.
    ConfigError
        Listing every mistake of the file, each unknown key with the nearest known one.
    """
    examined = examine_config(path, schema, variables)
    if examined.value is not None:
        return examined.value
    count = len(examined.mistakes)
    listing = "\n".join(f"  - {mistake}" for mistake in examined.mistakes)
    raise ConfigError(
        f"{path} has {'a mistake' if count == 1 else f'{count} mistakes'}:\n{listing}"
    )


def examine_config(
    path: Path, schema: type[T], variables: Mapping[str, str] | None = None
) -> Examined[T]:
    """Read a file as ``read_config`` does, and return its mistakes instead of raising them.

    Raises
    ------
    NotFoundError
        Where the file is not there.
    ConfigError
        Where it cannot be read at all.
    """
    path = Path(path)
    data = _parse(path)
    lookup = {"ROOT_PATH": str(REPOSITORY_ROOT), **os.environ, **(variables or {})}
    mistakes: list[str] = []
    data = _substitute(data, lookup, mistakes, "")
    if not mistakes:
        try:
            value = TypeAdapter(schema).validate_python(
                data, context={"folder": path.absolute().parent}
            )
            return Examined(data, value)
        except ValidationError as error:
            mistakes = [_describe(one, schema) for one in error.errors(include_url=False)]
    return Examined(data, None, tuple(mistakes))


def _parse(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFoundError(
            f"The settings file {path} is not there.", remedy="Check the path after --config."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The settings file {path} cannot be read.", why=str(error)) from error
    try:
        return json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        kind = "JSON" if path.suffix == ".json" else "YAML"
        raise ConfigError(f"{path} is not valid {kind}.", why=str(error)) from error


def _substitute(value: Any, lookup: Mapping[str, str], mistakes: list[str], where: str) -> Any:
    if isinstance(value, dict):
        return {
            key: _substitute(item, lookup, mistakes, f"{where}.{key}" if where else str(key))
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            _substitute(item, lookup, mistakes, f"{where}[{i}]") for i, item in enumerate(value)
        ]
    if not isinstance(value, str):
        return value

    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in lookup:
            mistakes.append(f"{where}: the variable ${{{name}}} is not set in the environment")
        return lookup.get(name, "")

    return _VARIABLE.sub(replace, value)


def _describe(error: Any, schema: Any) -> str:
    location = [part for part in error["loc"] if part != "[key]"]
    where = _dotted(location) or "the file"
    if error["type"] == "unexpected_keyword_argument":
        known = _known_keys(schema, location[:-1])
        near = difflib.get_close_matches(str(location[-1]), known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known))}"
        return f"{where}: unknown key; {hint}"
    if error["type"] in ("missing", "missing_argument", "missing_keyword_only_argument"):
        return f"{where}: this key is missing"
    message = error["msg"].removeprefix("Value error, ")
    shown = error.get("input")
    if isinstance(shown, (str, int, float, bool)):
        message += f" (it is {shown!r})"
    return f"{where}: {message[0].lower()}{message[1:]}"


def _dotted(location: list[Any]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text


def _known_keys(schema: Any, location: list[Any]) -> list[str]:
    """The field names of the dataclass that ``location`` leads to, as far as it can be followed."""
    candidates = list(_dataclasses_of(schema))
    for part in location:
        if isinstance(part, int):
            continue
        deeper: list[Any] = []
        for candidate in candidates:
            hints = typing.get_type_hints(candidate)
            if part in hints:
                deeper.extend(_dataclasses_of(hints[part]))
        candidates = deeper or candidates
    return [field.name for candidate in candidates for field in fields(candidate)]


def _dataclasses_of(annotation: Any) -> Iterator[Any]:
    """Every dataclass inside a type annotation: itself, or within unions, tuples, mappings."""
    origin = typing.get_origin(annotation)
    if origin is None:
        if is_dataclass(annotation):
            yield annotation
    elif origin is Annotated:
        yield from _dataclasses_of(typing.get_args(annotation)[0])
    elif origin in (typing.Union, types.UnionType, tuple, list, dict):
        for argument in typing.get_args(annotation):
            yield from _dataclasses_of(argument)
