"""The plain way from a sketch to patients: what a search costs that nobody has thought about.

Template and sketch are encoded in float32 at each search, as PyTorch runs the networks by itself;
Annoy (10 trees) gives 200 neighbours; each of them is looked up in the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from annoy import AnnoyIndex
from pymongo import MongoClient
from random_reference import RandomReference, Search

from App.model.sketch import Sketch
from sbmir.database.private_server import PrivateServer
from sbmir.database.repository import CodeMatrix
from sbmir.keys import SliceKey
from sbmir.networks.checkpoint import load_networks
from sbmir.slices import load_stack

TREES = 10
NEIGHBOURS = 200


@contextmanager
def plain_search(
    reference: RandomReference,
    matrix: CodeMatrix,
    template: SliceKey,
    extent_mm: tuple[float, float],
    top: int,
) -> Iterator[Search]:
    """Give the search; its networks, its slice and its index are in memory beforehand."""
    index = _index(reference.home, matrix)
    dataset, model = reference.choice.dataset, reference.choice.model
    networks = load_networks(model.checkpoint, model.networks, ["nEncoder", "lEncoder"])
    stack = load_stack(dataset.slices_dir, template.patient, template.index)
    image = torch.from_numpy(stack)[None]
    shape_rc = (model.networks.image_size, model.networks.image_size)
    with PrivateServer(reference.home / "mongodb") as server:
        client: MongoClient[dict[str, Any]] = MongoClient(server.uri)
        slices = client[reference.config.project_name]["slices"]

        def search(sketch: Sketch) -> list[SliceKey]:
            labels = torch.from_numpy(sketch.label_map(shape_rc, extent_mm))
            with torch.inference_mode():
                code = networks.nEncoder(image) + networks.lEncoder(labels[None, None].float())
            nearest: dict[str, SliceKey] = {}
            for row in index.get_nns_by_vector(code.ravel().numpy(), NEIGHBOURS):
                near = matrix.keys[row]
                found = slices.find_one(
                    {"dataset": near.dataset, "patient": near.patient, "slice": near.index}
                )
                if found is not None:
                    nearest.setdefault(found["patient"], near)
            return list(nearest.values())[:top]

        with client:
            yield search


def _index(home: Path, matrix: CodeMatrix) -> AnnoyIndex:
    n_rows, length = matrix.nac.shape
    path = home / f"{n_rows}.annoy"
    index = AnnoyIndex(length, "euclidean")
    if path.exists():
        index.load(str(path))
        return index
    index.set_seed(0)
    for row in range(n_rows):
        index.add_item(row, matrix.nac[row] + matrix.aac[row])
    index.build(TREES)
    index.save(str(path))
    return index
