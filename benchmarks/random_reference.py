"""A reference database of the published size with random codes, and the published network's size.

Everything is made once below a folder: a checkpoint of random weights, a synthetic template patient
and a private MongoDB that is filled through the program's own repository.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from App.model.choice import Choice
from App.model.sketch import Sketch
from App.model.template import TemplateVolume, load_template
from App.widget.contour_module.stroke import stroke_region
from sbmir import preprocessing
from sbmir.codes import AnatomyCodes, Precision
from sbmir.config.application import AppConfig, DatasetType, read_app_config
from sbmir.config.preprocessing import DatasetPreprocessing, ModalitySettings
from sbmir.database import connect
from sbmir.database.repository import ReferencePatient, SliceRecord
from sbmir.encoding import CodeEncoder
from sbmir.keys import SliceKey
from sbmir.labels import PAINT_ORDER
from sbmir.layout import APP_CONFIG
from sbmir.networks.model import build_networks
from sbmir.phantom.dataset import patient_name, write_patients
from sbmir.slices import load_stack

DATASET_TYPE = "MICCAI_BraTS"
N_SLICES = 155
PHANTOM_SEED = 7

Search = Callable[[Sketch], list[SliceKey]]
"""From a sketch to the slices of the nearest patients."""


@dataclass(frozen=True)
class RandomReference:
    """Where everything lies."""

    home: Path
    config: AppConfig

    @property
    def choice(self) -> Choice:
        """The data set of the random codes and the model of random weights."""
        dataset = self.config.dataset_type()
        return Choice(dataset, dataset.model())

    def encoder(self, sketch_precision: Precision = "float32") -> CodeEncoder:
        """Read the model as the application does."""
        model = self.choice.model
        return CodeEncoder.from_checkpoint(
            model.checkpoint, model.networks, sketch_precision=sketch_precision
        )

    def load_template(self) -> TemplateVolume:
        """Load the volumes of the patient who is sketched on."""
        dataset = self.choice.dataset
        return load_template(
            dataset.volumes_dir,
            dataset.slices_dir,
            dataset.template_patients[0],
            dataset.modalities,
            progress=lambda _done, _total: None,
            should_stop=lambda: False,
        )


def find_reference(home: Path) -> RandomReference:
    """The settings of what is made below ``home``, or will be."""
    config = read_app_config(APP_CONFIG)
    shipped = config.dataset_type(DATASET_TYPE)
    model = replace(shipped.models[0], checkpoint=home / "random.ckpt", codes_dir=home / "codes")
    dataset = replace(
        shipped,
        volumes_dir=home / "volumes",
        slices_dir=home / "slices",
        template_patients=(patient_name(1),),
        models=(model,),
    )
    mongodb = replace(config.mongodb, uri=None, data_dir=home / "mongodb")
    return RandomReference(home, replace(config, mongodb=mongodb, dataset_types=(dataset,)))


def make_reference(home: Path, n_patients: int) -> RandomReference:
    """Make what is not yet below ``home``; the first time takes a minute or two."""
    reference = make_files(home)
    _fill(reference, n_patients)
    return reference


def make_files(home: Path) -> RandomReference:
    """Make the model and the patient, where they are not yet there, without a database."""
    reference = find_reference(home)
    dataset, model = reference.choice.dataset, reference.choice.model
    if not model.checkpoint.exists():
        home.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(0)
        torch.save({"state_dict": build_networks(model.networks).state_dict()}, model.checkpoint)
    write_patients(dataset.volumes_dir, 1, PHANTOM_SEED)
    _cut_slices(dataset, model.networks.image_size)
    return reference


def random_sketches(template: TemplateVolume, count: int, seed: int = 0) -> list[Sketch]:
    """Draw lesions of one to six centimetres in the head, each tissue with a stroke."""
    random = np.random.default_rng(seed)
    frame = template.frame
    low, high = np.array([frame.left, frame.top]), np.array([frame.right, frame.bottom])
    sketches = []
    for _ in range(count):
        center_mm = low + (0.3 + 0.4 * random.random(2)) * (high - low)
        radius_mm = random.uniform(3, 15)
        sketch = Sketch()
        for shrink, tissue in zip((1.0, 0.6, 0.3), PAINT_ORDER, strict=True):
            path_mm = center_mm + shrink * radius_mm * random.standard_normal((4, 2))
            sketch = sketch.painted(tissue, stroke_region(path_mm, shrink * radius_mm))
        sketches.append(sketch)
    return sketches


def _cut_slices(dataset: DatasetType, image_size: int) -> None:
    images = tuple(
        ModalitySettings(name=m.name, pattern=m.pattern, save_pattern=m.pattern)
        for m in dataset.modalities
    )
    labels = ModalitySettings(name="SEG", pattern="seg", save_pattern="seg")
    settings = DatasetPreprocessing(
        src_dir_path=dataset.volumes_dir,
        dst_dir_path=dataset.slices_dir,
        image_size=image_size,
        modalities=(*images, labels),
    )
    preprocessing.run({dataset.data_set: settings}, workers=1)


def _fill(reference: RandomReference, n_patients: int) -> None:
    """Store random codes, normally distributed about the network's own with their spread."""
    encoder, dataset = reference.encoder(), reference.choice.dataset
    with connect(reference.config.mongodb, reference.config.project_name) as repository:
        present = len(repository.patients(dataset.data_set, encoder.fingerprint))
        size = encoder.sizes.image_size
        middle = load_stack(dataset.slices_dir, dataset.template_patients[0], N_SLICES // 2)
        codes = AnatomyCodes(
            encoder.encode_template(middle), encoder.encode_sketch(np.zeros((size, size), np.uint8))
        )
        for number in range(present, n_patients):
            repository.put_patient(
                _random_patient(number, dataset.data_set, encoder.fingerprint, codes.flat())
            )


def _random_patient(
    number: int, data_set: str, fingerprint: str, codes: AnatomyCodes
) -> ReferencePatient:
    random = np.random.default_rng([1, number])
    name = f"RANDOM_{number:04d}"

    def around(code: NDArray[np.float32]) -> NDArray[np.float32]:
        spread = random.standard_normal((N_SLICES, code.size), dtype=np.float32)
        spread *= code.std()
        spread += code
        return spread

    slices = tuple(
        SliceRecord(SliceKey(data_set, name, index), False, False, (0, 0, 0), None)
        for index in range(N_SLICES)
    )
    nac, aac = around(codes.normal), around(codes.abnormal)
    return ReferencePatient(data_set, name, fingerprint, str(number), slices, nac, aac)
