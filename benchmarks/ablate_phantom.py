"""Synthetic patients that lack one part of the generator, to see what that part is worth.

A model that is trained on such patients, and asked for real ones (`compare_checkpoints.py`), tells
how much real patients need the part; what was found is in the card of the demo's model. The parts:

- `contrast`: every tissue of a sequence has the middle of its range, in all patients;
- `scanner`: no blur, no thick slices, no bias field, hardly any noise;
- `anatomy`: every brain is the template, only placed, turned and scaled;
- `clutter`: no vessels, no remains of dura and bone, no texture in tissue and lesion;
- `mass`: lesions push nothing aside.

Usage: `python benchmarks/ablate_phantom.py --without PART --out DIR [--patients N] [--seed S]`
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from sbmir.parallel import in_processes
from sbmir.phantom import anatomy, contrast, dataset, lesion
from sbmir.phantom.anatomy import BOX_SHAPE, Anatomy, Mass, Placement
from sbmir.phantom.fields import Field, control_shape, upsample
from sbmir.phantom.lesion import Lesion, LesionKind, LesionPlan
from sbmir.phantom.material import Material


def main() -> None:
    """Write the patients."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without", choices=sorted(PARTS), required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--patients", type=int, default=48)
    parser.add_argument("--seed", type=int, default=2142)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    write = partial(_write, options.without, options.out, options.seed)
    for number in in_processes(write, range(1, options.patients + 1), os.cpu_count() or 1):
        print(f"{dataset.patient_name(number)} without {options.without}", flush=True)


def _write(part: str, out_dir: Path, seed: int, number: int) -> int:
    with PARTS[part]():
        dataset.write_patient(out_dir, seed, number)
    return number


@contextmanager
def _without_contrast() -> Iterator[None]:
    def middle(_rng: np.random.Generator, within: contrast.Range) -> np.float32:
        return np.float32((within[0] + within[1]) / 2)

    with patch.object(contrast, "_draw", middle):
        yield


@contextmanager
def _without_scanner() -> Iterator[None]:
    def sharp(_rng: np.random.Generator, image: Field) -> Field:
        return image

    def even(_rng: np.random.Generator, shape: Any, _spacing: float) -> Field:
        return np.zeros(shape, np.float32)

    quiet = {name: replace(one, noise=(0.001, 0.002)) for name, one in contrast.SEQUENCES.items()}
    plain_scene, render = contrast.make_scene, contrast.render

    def scene_without_shading(
        rng: np.random.Generator, body: Anatomy, grown: Lesion, kind: LesionKind
    ) -> contrast.Scene:
        scene = plain_scene(rng, body, grown, kind)
        return replace(scene, shading=np.zeros_like(scene.shading))

    def render_evenly(rng: np.random.Generator, scene: contrast.Scene, name: str) -> Any:
        with patch.object(contrast, "smooth_noise", even):  # the bias field of a sequence
            return render(rng, scene, name)

    with ExitStack() as stack:
        for module, name, other in (
            (contrast, "_acquire", sharp),
            (contrast, "SEQUENCES", quiet),
            (dataset, "make_scene", scene_without_shading),
            (dataset, "render", render_evenly),
        ):
            stack.enter_context(patch.object(module, name, other))
        yield


@contextmanager
def _without_anatomy() -> Iterator[None]:
    def placed(
        _rng: np.random.Generator, _material: Material, placement: Placement, _masses: list[Mass]
    ) -> Field:
        spacing = anatomy._CONTROL_SPACING
        shape = control_shape(BOX_SHAPE, spacing)
        points = (np.indices(shape, dtype=np.float32) - 1) * np.float32(spacing)
        plain = np.einsum("ij,jxyz->ixyz", placement.matrix, points.astype(np.float64))
        control = (plain + placement.offset[:, None, None, None]).astype(np.float32)
        return np.stack([upsample(part, BOX_SHAPE, spacing) for part in control])

    def smooth(_rng: np.random.Generator) -> Field:
        return np.zeros(BOX_SHAPE, np.float32)

    with patch.object(anatomy, "_bend", placed), patch.object(anatomy, "_creases", smooth):
        yield


@contextmanager
def _without_clutter() -> Iterator[None]:
    plain_scene = contrast.make_scene

    def bare(
        rng: np.random.Generator, body: Anatomy, grown: Lesion, kind: LesionKind
    ) -> contrast.Scene:
        scene = plain_scene(rng, body, grown, kind)
        nothing = np.zeros(BOX_SHAPE, np.float32)
        return replace(scene, vessels=nothing, rim=nothing, grain=nothing, mottle=nothing)

    with patch.object(dataset, "make_scene", bare):
        yield


@contextmanager
def _without_mass() -> Iterator[None]:
    plan_lesion = lesion.plan_lesion

    def harmless(rng: np.random.Generator, material: Material, placement: Placement) -> LesionPlan:
        return replace(plan_lesion(rng, material, placement), masses=())

    with patch.object(dataset, "plan_lesion", harmless):
        yield


PARTS: dict[str, Callable[[], Any]] = {
    "contrast": _without_contrast,
    "scanner": _without_scanner,
    "anatomy": _without_anatomy,
    "clutter": _without_clutter,
    "mass": _without_mass,
}


if __name__ == "__main__":
    main()
