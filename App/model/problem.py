"""A failure as the window shows it: what happened, why, and what to do."""

from __future__ import annotations

import platform
import traceback
from dataclasses import dataclass

from sbmir import __version__
from sbmir.errors import SbmirError


@dataclass(frozen=True)
class Problem:
    """What the user reads about a failure.

    ``details`` is empty for what a user can mend; for a bug it holds what its report needs.
    """

    what: str
    why: str = ""
    remedy: str = ""
    details: str = ""

    @classmethod
    def of(cls, error: BaseException) -> Problem:
        """Describe an exception: one to mend as it says itself, any other as a bug."""
        if isinstance(error, SbmirError):
            return cls(error.what, error.why, error.remedy)
        summary = "".join(traceback.format_exception_only(error)).strip()
        return cls(
            "Something went wrong inside the program.",
            why=summary,
            remedy="Your sketch is kept and you can go on. Please report this with its details.",
            details=_report(error),
        )

    @property
    def is_bug(self) -> bool:
        """Whether the program is to blame."""
        return bool(self.details)

    @property
    def text(self) -> str:
        """All of it, to copy."""
        return "\n".join(part for part in (self.what, self.why, self.remedy, self.details) if part)


def _report(error: BaseException) -> str:
    trace = "".join(traceback.format_exception(error)).strip()
    return (
        f"SBMIR {__version__}, Python {platform.python_version()}, {platform.platform()}\n{trace}"
    )
