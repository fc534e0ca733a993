"""Which MongoDB keeps the reference database."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from sbmir.config.reader import STRICT, ConfigPath


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MongoSettings:
    """A server that is there already, or how the private one is started.

    Parameters
    ----------
    uri:
        A connection string. It comes before the environment's ``SBMIR_MONGODB_URI``; where
        neither is given, a private server is started. It may hold a password and is therefore
        left out of the representation.
    binary:
        The ``mongod`` program of the private server; by default the one on PATH, then the one of
        an installed package.
    data_dir:
        Where the private server keeps its data; by default in the user's data folder.
    timeout_s:
        How long a server may take to answer, in seconds.
    """

    uri: Annotated[str, Field(min_length=1)] | None = field(default=None, repr=False)
    binary: ConfigPath | None = None
    data_dir: ConfigPath | None = None
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 5.0
