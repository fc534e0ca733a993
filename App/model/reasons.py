"""Why a result matches, in words: overlap, size and place of its lesion beside the sketched one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sbmir.labels import PAINT_ORDER, TissueClass

if TYPE_CHECKING:
    from sbmir.similarity import LesionComparison

SAME_PLACE_MM = 0.5
"""A shift that is shown as none."""
NOT_DRAWN = "–"


def dice_text(dice: float | None) -> str:
    """An overlap as it is shown; a dash where neither lesion has the tissue."""
    return NOT_DRAWN if dice is None else f"{dice:.2f}"


def size_text(ratio: float | None) -> str:
    """How large the found lesion is, beside the sketched one; empty where there is none."""
    if ratio is None:
        return ""
    if ratio == 0:
        return "no lesion in this slice"
    return f"{ratio:.1f} × the size" if ratio >= 0.1 else f"{ratio:.2f} × the size"


def shift_text(shift_mm: float | None) -> str:
    """How far the found lesion's centre lies from the sketched one's; empty where there is none."""
    if shift_mm is None:
        return ""
    return "same place" if shift_mm < SAME_PLACE_MM else f"{shift_mm:.0f} mm away"


def in_full(comparison: LesionComparison, names: dict[TissueClass, str]) -> str:
    """All of a comparison in lines, as its tooltip says it."""
    lines = ["Overlap with the sketch (Dice: 1 is the same, 0 is none)"]
    lines += [f"   {names[tissue]}: {dice_text(comparison.dice[tissue])}" for tissue in PAINT_ORDER]
    lines.append(f"   whole lesion: {dice_text(comparison.lesion_dice)}")
    if comparison.size_ratio is not None:
        lines.append(f"Area of the lesion: {comparison.size_ratio:.2f} × the sketched one")
    if comparison.centroid_shift_mm is not None:
        lines.append(f"Centre of the lesion: {comparison.centroid_shift_mm:.1f} mm from it")
    return "\n".join(lines)
