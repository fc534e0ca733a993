"""How a slice is named everywhere: in file names, in the database, in results."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from sbmir.errors import DataError

# A longer name would not leave room for "_flair_0000.npy" in the 255 bytes of a file name.
MAX_PATIENT_NAME_BYTES = 200


@dataclass(frozen=True, order=True)
class SliceKey:
    """One axial slice of one patient; the order of keys breaks ties in rankings.

    Slice indices count from 0, as in the file names.
    """

    dataset: str
    patient: str
    index: int

    def __str__(self) -> str:
        return f"{self.dataset}/{self.patient}:{self.index}"


def check_patient_name(name: str) -> str:
    """Return ``name`` where it is safe as a folder name, with spaces and non-ASCII letters allowed.

    Raises
    ------
    DataError
        Where the name is empty, reaches outside its folder, holds control characters, or is
        longer than ``MAX_PATIENT_NAME_BYTES`` in UTF-8.
    """
    if not name or name.startswith(".") or "/" in name or "\\" in name:
        cause = "it is empty, starts with a dot or contains a path separator"
    elif any(unicodedata.category(character).startswith("C") for character in name):
        cause = "it contains control characters"
    elif len(name.encode("utf-8", "surrogatepass")) > MAX_PATIENT_NAME_BYTES:
        cause = f"it is longer than {MAX_PATIENT_NAME_BYTES} bytes"
    else:
        return name
    raise DataError(
        f"The patient name {name!r} cannot be used: {cause}.",
        remedy="Rename the patient's folder and files.",
    )
