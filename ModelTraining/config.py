"""The settings of a training, under the published keys.

Keys that the published file leaves off have defaults that leave their feature off. `false` means
"none" where a key may be empty.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic.dataclasses import dataclass

from sbmir.codes import Precision
from sbmir.config.reader import STRICT, ConfigPath, read_config
from sbmir.hand import Hand
from sbmir.labels import TissueClass
from sbmir.networks.sizes import MODEL_CHANNELS, NetworkName, NetworkSizes


def _none_if_false(value: Any) -> Any:
    return None if value is False else value


NONE_IF_FALSE = BeforeValidator(_none_if_false)

Positive = Annotated[int, Field(ge=1)]
NotNegative = Annotated[int, Field(ge=0)]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Minutes = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RunConfig:
    """How long, on what, and from where.

    Not in the published file: ``precision``, in which training computes; ``embedding_precision``,
    in which codes are computed; ``channels_last``, a layout of images in memory that is faster on
    CUDA devices, and used on them only; ``gradient_clip``, the largest norm of all gradients
    together; ``frozen``, the networks that keep the weights of the checkpoint; ``ema_decay``, how
    much of a running average of the weights stays at each step, where there is to be one;
    ``compile``, whether PyTorch compiles the networks; ``cpu_processes``, which train together
    where no device is used; and the limits ``max_steps`` and ``max_minutes``.
    Training ends at whichever limit comes first; what a resumed training has behind it counts.
    """

    seed: NotNegative
    n_epochs: Positive
    visible_devices: str = ""
    distributed_backend: Literal["ddp"] = "ddp"
    resume_checkpoint: Annotated[ConfigPath | None, NONE_IF_FALSE] = None
    num_sanity_val_steps: NotNegative = 2
    limit_val_batches: Positive = 10
    training_dataset: Literal["concat_dataset", "normal_dataset", "abnormal_dataset"] = (
        "concat_dataset"
    )
    sync_batchnorm: bool = True
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    embedding_precision: Precision = "float32"
    channels_last: bool = False
    gradient_clip: Annotated[Annotated[float, Field(gt=0)] | None, NONE_IF_FALSE] = None
    frozen: frozenset[NetworkName] = frozenset()
    ema_decay: Annotated[Fraction | None, NONE_IF_FALSE] = None
    compile: bool = False
    cpu_processes: Positive = 1
    max_steps: Annotated[Positive | None, NONE_IF_FALSE] = None
    max_minutes: Annotated[Minutes | None, NONE_IF_FALSE] = None


@dataclass(frozen=True, kw_only=True, config=STRICT)
class SaveConfig:
    """Where codes, logs, pictures and checkpoints go, and which checkpoints stay.

    Not in the published file: ``tensorboard``, whether the log is written for TensorBoard, too.
    """

    study_name: Annotated[str, Field(min_length=1, pattern=r"^[^/\\.][^/\\]*$")]
    test_save_dir_name: Annotated[str, Field(min_length=1, pattern=r"^[^/\\.][^/\\]*$")]
    save_dir_path: ConfigPath
    n_save_images: NotNegative = 16
    save_interval: Positive = 50
    save_limit_num: Positive = 3
    tensorboard: bool = False


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MetricConfig:
    """The classes by name, in the order of ``val_logs.csv``."""

    n_classes: Annotated[int, Field(ge=2)]
    class_name_to_index: dict[str, int]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class DiceLossConfig:
    """``ignore_index``: the class that the Dice loss leaves out.

    Not in the published file: ``per_class``, whether each class has an overlap of its own, of which
    the mean is taken, so that small structures count as much as large ones.
    """

    ignore_index: NotNegative = 0
    per_class: bool = False


@dataclass(frozen=True, kw_only=True, config=STRICT)
class FocalLossConfig:
    """``alpha`` is accepted and without effect, as in the published objective."""

    gamma: Weight = 2.0
    alpha: Annotated[float | None, NONE_IF_FALSE] = None


@dataclass(frozen=True, kw_only=True, config=STRICT)
class LossConfig:
    """The kind of each term; ``perceptual_weights`` is not in the published file."""

    dice_loss: DiceLossConfig
    focal_loss: FocalLossConfig
    use_perceptual: bool
    use_emphasis: bool
    detach_at_e_rec: frozenset[Literal["nac", "aac"]]
    minimize_aac_norm: bool
    d_aac_margin_loss_type: Literal["none", "norm", "kldiv"]
    perceptual_weights: Annotated[ConfigPath | None, NONE_IF_FALSE] = None


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ScheduleConfig:
    """Learning rate over optimizer steps: a linear warm-up, then half a cosine down to zero."""

    warmup_steps: NotNegative = 0
    decay_steps: Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class OptimizerConfig:
    """Adam; ``d_lr`` is accepted and without effect.

    Not in the published file: ``schedule``; and ``betas``, whose published second number averages
    over 10,000 steps, too many for a short training.
    """

    g_lr: Annotated[float, Field(gt=0)]
    d_lr: float = 1e-4
    weight_decay: Weight
    betas: tuple[Fraction, Fraction] = (0.9, 0.9999)
    schedule: Annotated[ScheduleConfig | None, NONE_IF_FALSE] = None


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ExtraAugmentationConfig:
    """What the published augmentation does not vary; every amplitude may be 0.

    Attributes
    ----------
    scale, shift:
        Largest change of size, and of place as a fraction of the slice's edge.
    log_gamma:
        Largest absolute natural logarithm of the exponent that bends the contrast.
    gain, bias:
        Largest relative change of an intensity, and largest offset in standard deviations, each
        channel by itself.
    noise:
        Largest standard deviation of added noise, in standard deviations of the intensities.
    blur_px:
        Largest standard deviation of a Gaussian that blurs.
    """

    scale: Fraction = 0.0
    shift: Fraction = 0.0
    log_gamma: Weight = 0.0
    gain: Fraction = 0.0
    bias: Weight = 0.0
    noise: Weight = 0.0
    blur_px: Weight = 0.0


@dataclass(frozen=True, kw_only=True, config=STRICT)
class DatasetConfig:
    """Folders of slices, and how batches are made of them.

    ``dataset_name`` and ``dataset_class`` are accepted and without effect: there is one kind of
    data set, and embedding takes every slice. Not in the published file:
    ``extra_augmentation``; and ``hand_drawing``, label maps as a hand would draw them, which
    ``loss_weight.hand_consistent`` and ``loss_weight.match`` need.
    """

    dataset_name: str = "MICCAIBraTSSubDataset"
    modalities: tuple[str, ...]
    train_root_dir_paths: tuple[ConfigPath, ...]
    test_root_dir_paths: tuple[ConfigPath, ...]
    use_augmentation: bool
    batch_size: Annotated[int, Field(ge=2, multiple_of=2)]
    test_batch_size: Positive
    num_workers: NotNegative
    patient_ids: Annotated[tuple[str, ...] | None, NONE_IF_FALSE] = None
    dataset_class: str = "normal"
    extra_augmentation: Annotated[ExtraAugmentationConfig | None, NONE_IF_FALSE] = None
    hand_drawing: Annotated[Hand | None, NONE_IF_FALSE] = None


@dataclass(frozen=True, kw_only=True, config=STRICT)
class LossWeights:
    """Weight of each term, and the margin that the abnormal codes are to reach.

    Not in the published file: ``label_seg``, of the segmentation that is decoded from the code of
    the label map. It teaches the decoder early what a lesion is, which the published objective
    takes many epochs for. And ``hand_consistent``, of the difference between the abnormal code of a
    slice with a lesion and the code of its label map as a hand would draw it: what a search
    compares. And ``match``, of how hard it is to find the slice among those of the batch by the
    code of such a drawing: what a search is for.
    """

    recon: Weight
    seg: Weight
    consistent: Weight
    h_nac_vae: Weight
    h_aac_vae: Weight
    h_aac_norm: Weight
    d_aac_vae: Weight
    d_aac_margin: Weight
    margin: Weight
    label_seg: Weight = 0.0
    hand_consistent: Weight = 0.0
    match: Weight = 0.0

    @property
    def of_drawings(self) -> float:
        """Of what is asked of label maps as a hand would draw them."""
        return self.hand_consistent + self.match


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TrainingConfig:
    """A whole settings file, checked as a whole."""

    run: RunConfig
    save: SaveConfig
    metric: MetricConfig
    models: NetworkSizes
    losses: LossConfig
    optimizer: OptimizerConfig
    dataset: DatasetConfig
    loss_weight: LossWeights

    @model_validator(mode="after")
    def _check(self) -> TrainingConfig:
        classes = self.metric.n_classes
        indices = sorted(self.metric.class_name_to_index.values())
        problems = []
        if indices != list(range(classes)):
            problems.append("metric.class_name_to_index must name every class 0…n_classes-1 once")
        if self.models.seg_output_dim != classes:
            problems.append("models.seg_output_dim must equal metric.n_classes")
        if self.losses.dice_loss.ignore_index >= classes:
            problems.append("losses.dice_loss.ignore_index must be below metric.n_classes")
        if self.dataset.modalities != MODEL_CHANNELS:
            problems.append(f"dataset.modalities must be {', '.join(MODEL_CHANNELS)}")
        if self.models.input_dim != len(MODEL_CHANNELS):
            problems.append(f"models.input_dim must be {len(MODEL_CHANNELS)}")
        if (self.loss_weight.of_drawings > 0) != (self.dataset.hand_drawing is not None):
            problems.append(
                "dataset.hand_drawing needs a weight at loss_weight.hand_consistent or"
                " loss_weight.match, and they need it"
            )
        if self.dataset.hand_drawing is not None and classes != len(TissueClass):
            problems.append(f"dataset.hand_drawing needs the {len(TissueClass)} tissue classes")
        if problems:
            raise ValueError("; ".join(problems))
        return self


def read_training_config(path: Path) -> TrainingConfig:
    """Read and check a settings file.

    Raises
    ------
    NotFoundError, ConfigError
        As `sbmir.config.reader.read_config`.
    """
    return read_config(path, TrainingConfig)
