"""What the four sequences show of an anatomy with a lesion, and how the scanner blurs it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sbmir.labels import BRATS_ENHANCING, TissueClass
from sbmir.phantom.anatomy import BOX_SHAPE, Anatomy
from sbmir.phantom.fields import Field, blur, fine_noise, smooth_noise, smoothstep
from sbmir.phantom.lesion import Lesion, LesionKind

MIN_PEAK, MAX_INTENSITY = 200, 32767
"""Range of a volume's brightest voxel; scanners do not share a unit."""

Range = tuple[float, float]


@dataclass(frozen=True)
class Sequence:
    """Ranges that tissue means are drawn from, in units of white matter.

    The ranges follow medians measured in real glioma patients, somewhat wider.

    Attributes
    ----------
    detail:
        How the deep grey matter, which the tissue maps hardly show, differs as T1 does.
    vessel:
        Brightness of vessels and of the dura; 0 where they do not stand out.
    noise:
        Standard deviation of the noise in each channel of the receiver.
    """

    fluid: Range
    grey: Range
    net: Range
    net_low_grade: Range
    oedema: Range
    enhancing: Range
    detail: Range
    vessel: Range
    noise: Range


SEQUENCES = {
    "t1": Sequence(
        fluid=(0.25, 0.5),
        grey=(0.70, 0.90),
        net=(0.5, 0.85),
        net_low_grade=(0.6, 0.88),
        oedema=(0.7, 0.96),
        enhancing=(0.68, 0.98),
        detail=(0.7, 1.1),
        vessel=(0.0, 0.5),
        noise=(0.006, 0.025),
    ),
    "t1ce": Sequence(
        fluid=(0.25, 0.5),
        grey=(0.75, 1.02),
        net=(0.48, 0.85),
        net_low_grade=(0.55, 0.9),
        oedema=(0.72, 0.97),
        enhancing=(1.05, 2.1),
        detail=(0.5, 0.9),
        vessel=(0.5, 2.2),
        noise=(0.008, 0.035),
    ),
    "t2": Sequence(
        fluid=(2.2, 4.2),
        grey=(1.15, 1.6),
        net=(1.8, 4.0),
        net_low_grade=(1.7, 3.8),
        oedema=(1.5, 2.9),
        enhancing=(1.6, 3.2),
        detail=(-0.9, -0.2),
        vessel=(-0.6, 0.2),
        noise=(0.012, 0.06),
    ),
    "flair": Sequence(
        fluid=(0.2, 0.6),
        grey=(1.08, 1.4),
        net=(0.8, 3.2),
        net_low_grade=(1.3, 2.7),
        oedema=(1.4, 2.9),
        enhancing=(1.4, 3.0),
        detail=(-0.6, 0.0),
        vessel=(0.0, 0.4),
        noise=(0.012, 0.06),
    ),
}


@dataclass(frozen=True, eq=False)
class Scene:
    """What all sequences of one patient share; fields are (X, Y, Z) float32.

    Attributes
    ----------
    shares:
        Share of NET, ED and ET in each voxel.
    vessels:
        Share of vessels, 0 to 1.
    rim:
        Share of dark dura and bone that skull stripping has left at the border, 0 to 1.
    grain, mottle:
        Texture of the tissue (fine) and of the lesion (coarse); mean 0, variance about 1.
    shading:
        Part of the bias field that all sequences have.
    """

    anatomy: Anatomy
    kind: LesionKind
    shares: tuple[Field, Field, Field]
    margin: Field
    vessels: Field
    rim: Field
    grain: Field
    mottle: Field
    shading: Field


def make_scene(
    rng: np.random.Generator, anatomy: Anatomy, lesion: Lesion, kind: LesionKind
) -> Scene:
    """Draw what is the same in all sequences."""
    classes = (TissueClass.NET, TissueClass.ED, BRATS_ENHANCING)
    # The border of a lesion is softer than its segmentation.
    net, oedema, enhancing = (
        blur(blur((lesion.labels == label).astype(np.float32), (0.25,) * 3), (0.2,) * 3)
        for label in classes
    )
    return Scene(
        anatomy=anatomy,
        kind=kind,
        shares=(net, oedema, enhancing),
        margin=lesion.margin,
        vessels=_vessels(rng, anatomy),
        rim=_rim(rng, anatomy),
        grain=fine_noise(rng, BOX_SHAPE),
        mottle=_mottle(rng),
        shading=smooth_noise(rng, BOX_SHAPE, 70),
    )


def _mottle(rng: np.random.Generator) -> Field:
    scales = ((0.7, 8.0), (0.6, 4.0), (0.4, 2.0))
    mottle: Field = sum(
        (np.float32(part) * smooth_noise(rng, BOX_SHAPE, spacing) for part, spacing in scales),
        start=np.zeros(BOX_SHAPE, np.float32),
    )
    return mottle


def _vessels(rng: np.random.Generator, anatomy: Anatomy) -> Field:
    """Draw winding tubes, mostly in the sulci, and the sinus above the midline."""
    # Two smooth fields are both zero along curves.
    thread = smooth_noise(rng, BOX_SHAPE, 9) ** 2 + smooth_noise(rng, BOX_SHAPE, 9) ** 2
    tubes = smoothstep(thread, 0.05, 0.01)
    tubes *= np.clip(0.12 + anatomy.fluid * 1.5, 0, 1) * (anatomy.depth_mm < 25)
    sinus = smoothstep(np.abs(anatomy.side_mm), 4.0, 1.0)
    sinus *= smoothstep(anatomy.depth_mm, 4.0, 0.5) * ~anatomy.hindbrain
    result: Field = np.maximum(tubes, 0.8 * sinus) * anatomy.brain
    return result


def _rim(rng: np.random.Generator, anatomy: Anatomy) -> Field:
    patches = np.clip(0.45 + 0.5 * smooth_noise(rng, BOX_SHAPE, 8), 0, 1)
    rim: Field = smoothstep(anatomy.edge_mm, rng.uniform(1.0, 3.5), 0.0) * patches
    return rim


def render(rng: np.random.Generator, scene: Scene, name: str) -> NDArray[np.int16]:
    """Image one sequence: tissue means, textures, resolution, bias field and Rician noise.

    Returns
    -------
    (X, Y, Z) int16; 0 outside the brain, at least 1 inside.
    """
    anatomy = scene.anatomy
    image = _signal(rng, scene, SEQUENCES[name])
    image = _acquire(rng, image)
    bias = scene.shading * np.float32(rng.normal(0, 0.05))
    bias += smooth_noise(rng, BOX_SHAPE, 60) * np.float32(rng.uniform(0.02, 0.15))
    image *= np.exp(bias)
    values = np.maximum(image[anatomy.brain], 0)
    sigma = np.float32(np.exp(rng.uniform(*np.log(SEQUENCES[name].noise))))
    real, imaginary = rng.standard_normal((2, values.size), dtype=np.float32) * sigma
    values = np.sqrt((values + real) ** 2 + imaginary**2)
    brightest = np.clip(np.exp(rng.normal(np.log(1600), 1.1)), MIN_PEAK, MAX_INTENSITY)
    scale = np.float32(brightest) / values.max()
    volume = np.zeros(BOX_SHAPE, np.int16)
    volume[anatomy.brain] = np.clip(np.rint(values * scale), 1, MAX_INTENSITY)
    return volume


def _draw(rng: np.random.Generator, within: Range) -> np.float32:
    return np.float32(rng.uniform(*within))


def _signal(rng: np.random.Generator, scene: Scene, sequence: Sequence) -> Field:
    """Mix the tissue means by the shares of the tissues."""
    anatomy = scene.anatomy
    image = anatomy.white + _draw(rng, sequence.grey) * anatomy.grey
    image += _draw(rng, sequence.detail) * anatomy.detail
    image += _draw(rng, sequence.fluid) * anatomy.fluid
    image *= 1 + np.float32(rng.uniform(0.01, 0.035)) * scene.grain
    vessel = _draw(rng, sequence.vessel)
    image += vessel * scene.vessels
    net, oedema, enhancing = scene.shares
    low_grade = scene.kind is LesionKind.LOW_GRADE
    net_mean = _draw(rng, sequence.net_low_grade if low_grade else sequence.net)
    # Oedema lets the tissue shine through, and fades outwards.
    oedema_mean = _draw(rng, sequence.oedema)
    clear = np.float32(rng.uniform(0.7, 1.0))
    fading = np.float32(rng.uniform(0, 0.35))
    mottle = np.float32(rng.uniform(0.03, 0.14))
    cover = oedema * clear * (1 - fading * scene.margin)
    image += cover * (oedema_mean * (1 + np.float32(0.4) * mottle * scene.mottle) - image)
    texture = 1 + mottle * scene.mottle
    image += net * (net_mean * texture - image)
    image += enhancing * (_draw(rng, sequence.enhancing) * texture - image)
    image *= 1 - np.float32(rng.uniform(0.3, 1.0)) * scene.rim
    return image


def _acquire(rng: np.random.Generator, image: Field) -> Field:
    """Blur as the resolution of the scan does: evenly, or along one axis for thick slices."""
    even = float(rng.uniform(0, 0.2))
    image = blur(image, (even, even, even))
    if rng.random() < 0.45:
        axis = int(rng.choice(3, p=[0.2, 0.1, 0.7]))
        image = ndimage.gaussian_filter1d(
            image, rng.uniform(0.8, 2.2), axis=axis, mode="nearest", truncate=2.5
        )
    return image
