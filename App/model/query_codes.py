"""The codes of what is looked for: computed once, and kept for the searches that follow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from App.model.remembered import Remembered
from sbmir.keys import SliceKey
from sbmir.slices import load_stack

if TYPE_CHECKING:  # these load PyTorch or pymongo, which wait for the background
    from sbmir.codes import AnatomyCodes
    from sbmir.encoding import CodeEncoder
    from sbmir.retrieval import Retriever

REMEMBERED_SLICES = 64
"""Template slices whose codes are kept; one is a few kilobytes."""

REMEMBERED_SKETCHES = 8
"""Sketches whose codes are kept: those that undo and redo come back to."""


class QueryCodes:
    """Encodes templates, sketches and examples."""

    def __init__(self, slices_dir: Path, encoder: CodeEncoder, retriever: Retriever) -> None:
        self._slices_dir = slices_dir
        self._encoder = encoder
        self._retriever = retriever
        self._templates: Remembered[tuple[SliceKey, bool], NDArray[np.float32]] = Remembered(
            REMEMBERED_SLICES
        )
        self._sketches: Remembered[bytes, NDArray[np.float32]] = Remembered(REMEMBERED_SKETCHES)

    def of_template(self, key: SliceKey, mirror: bool) -> NDArray[np.float32]:
        """The slice's normal code, computed once per slice and not at each search.

        Raises
        ------
        NotFoundError, DataError
            Where the slice is not there, is damaged, or is not of the model's size.
        """

        def encode() -> NDArray[np.float32]:
            return self._encoder.encode_template(self.stack(key, mirror))

        return self._templates.get((key, mirror), encode)

    def of_sketch(self, labels: NDArray[np.uint8], mirror: bool) -> NDArray[np.float32]:
        """The abnormal code of a label map; another weight or filter does not compute it again."""
        seen = mirrored(labels, mirror)
        return self._sketches.get(seen.tobytes(), lambda: self._encoder.encode_sketch(seen))

    def of_example(self, key: SliceKey, mirror: bool) -> AnatomyCodes:
        """Both codes of a reference slice: the stored ones; of its mirror image, computed ones.

        Raises
        ------
        NotFoundError, DataError
            Where the slice is not in the database; to be mirrored, also where its files are not
            there or damaged.
        """
        if not mirror:
            return self._retriever.codes_of(key)
        return self._encoder.encode_images(self.stack(key, mirror)[None])[0]

    def stack(self, key: SliceKey, mirror: bool) -> NDArray[np.float32]:
        """The slice as the networks take it, (channels, rows, columns).

        Raises
        ------
        NotFoundError, DataError
            Where it is not there, or damaged.
        """
        return mirrored(load_stack(self._slices_dir, key.patient, key.index), mirror)


def mirrored(array: NDArray[Any], mirror: bool) -> NDArray[Any]:
    """Flip slices or label maps, where asked; their columns run from the patient's left."""
    return np.ascontiguousarray(array[..., ::-1]) if mirror else array
