"""JSON files that may come from anywhere: read into dataclasses, or refused in one message."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from sbmir.errors import DataError, NotFoundError

T = TypeVar("T")

STRICT_JSON = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)
"""What the dataclass of a JSON file is declared with: no guessing at types, no NaN.

Keys that are not known are passed over, so that a newer version may add some.
"""

MISTAKES_SHOWN = 3


def read_json(path: Path, schema: type[T], *, called: str, most_bytes: int) -> T:
    """Read a JSON file into ``schema``, a pydantic dataclass declared with ``STRICT_JSON``.

    Parameters
    ----------
    called:
        What the file is, for messages, such as ``"sketch"``.
    most_bytes:
        A larger file is refused before it is read.

    Raises
    ------
    NotFoundError
        Where the file is not there.
    DataError
        Where it cannot be read, is too large, is no JSON, or holds something else.
    """
    try:
        size = path.stat().st_size
        if size > most_bytes:
            raise DataError(
                f"The {called} {path} is too large: {size:,} bytes.",
                why=f"Such a file has at most {most_bytes:,} bytes.",
            )
        content = path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(
            f"The {called} {path} is not there.", remedy="Check the path."
        ) from None
    except OSError as error:
        raise DataError(f"The {called} {path} cannot be read.", why=str(error)) from error
    try:
        return TypeAdapter(schema).validate_json(content)
    except ValidationError as error:
        mistakes = error.errors(include_url=False, include_input=False)
        raise DataError(
            f"{path} does not hold a {called} that can be used.",
            why="\n".join(
                f"{'.'.join(str(part) for part in mistake['loc']) or 'the file'}: {mistake['msg']}"
                for mistake in mistakes[:MISTAKES_SHOWN]
            ),
        ) from error
