"""The small template patient of these tests, in numbers."""

from __future__ import annotations

from sbmir.config.application import ModalitySettings, StructureSettings
from sbmir.labels import TissueClass

SHAPE = (40, 48, 12)
SPACING_MM = (1.5, 1.0, 2.0)
LESION_SLICES = (5, 6, 7)
MODALITIES = (
    ModalitySettings(name="T1", pattern="t1"),
    ModalitySettings(name="FLAIR", pattern="flair"),
)
STRUCTURES = (
    StructureSettings(name="Peritumoral edema", tissue=TissueClass.ED, color="#f2d024"),
    StructureSettings(name="Gd-enhancing tumor", tissue=TissueClass.ET, color="#a5602c"),
    StructureSettings(name="Necrotic core", tissue=TissueClass.NET, color="#25c3d8"),
)
