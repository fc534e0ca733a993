"""The trained networks as the rest of the program sees them: arrays in, codes out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sbmir.codes import AnatomyCodes, Precision
from sbmir.errors import CheckpointError, ConfigError, DataError
from sbmir.labels import TissueClass
from sbmir.networks.checkpoint import (
    check_fits,
    fingerprint,
    networks_from_state,
    read_state_dict,
)
from sbmir.networks.encoder import LabelEncoder
from sbmir.networks.model import to_channels_last
from sbmir.networks.sizes import NetworkSizes
from sbmir.networks.sketch_encoder import SketchEncoder

logger = logging.getLogger(__name__)

_Network: TypeAlias = Callable[[Tensor], Tensor]

_CACHED_SLICES = 5
"""On a processor, so few slices stay in its caches from layer to layer: a sixth faster than 30."""


class CodeEncoder:
    """Turns slices and sketches into anatomy codes, and codes into imagined slices.

    A network is built when it is first used, so an application that never takes an image as a
    query never loads ``aEncoder``. May be used from several threads.

    Attributes
    ----------
    fingerprint:
        Names the model; codes may be compared only where this is equal.
    sizes:
        Sizes of the networks; slices and sketches are ``sizes.image_size`` square.
    precision:
        What the networks compute in: float32 meets the published numbers; bfloat16 is faster
        and differs by about a hundredth.
    sketch_precision:
        What sketches are encoded in, where that is to be faster than the rest: reference codes
        and template codes keep ``precision``.
    """

    def __init__(
        self,
        fingerprint: str,
        sizes: NetworkSizes,
        build: Callable[[str], nn.Module],
        *,
        device: torch.device,
        precision: Precision,
        sketch_precision: Precision,
    ) -> None:
        self.fingerprint = fingerprint
        self.sizes = sizes
        self.precision = precision
        self.sketch_precision = sketch_precision
        self._build = build
        self._device = device
        self._networks: dict[str, _Network] = {}
        self._building = threading.Lock()

    @classmethod
    def from_checkpoint(
        cls,
        path: Path,
        sizes: NetworkSizes,
        *,
        device: str = "cpu",
        precision: Precision = "float32",
        sketch_precision: Precision | None = None,
        settings: str = "the settings",
    ) -> CodeEncoder:
        """Read a checkpoint; ``settings`` names the origin of ``sizes`` in error messages.

        ``sketch_precision`` is ``precision`` where it is not given, and float32 where it would be
        slower.

        Raises
        ------
        NotFoundError, CheckpointError
            Where the file is absent, damaged, or holds networks of other sizes.
        ConfigError
            Where the machine lacks the device.
        """
        usable = _usable_device(device)
        sketch_precision = sketch_precision or precision
        if sketch_precision == "bfloat16" and usable.type == "cpu" and not multiplies_bfloat16():
            # Elsewhere it is emulated, which takes longer than float32.
            logger.warning("Sketches are encoded in float32: the processor lacks bfloat16.")
            sketch_precision = "float32"
        opened = _stamp(path)
        state = read_state_dict(path)
        check_fits(state, sizes, path, settings)

        def build(name: str) -> nn.Module:
            # Read again rather than kept: the weights of all networks take half a gigabyte.
            if _stamp(path) != opened:
                raise CheckpointError(
                    f"The checkpoint {path} has changed since it was opened.",
                    remedy="Start again, so that all networks are of one model.",
                )
            networks = networks_from_state(read_state_dict(path, [name]), sizes, [name])
            return networks.get_submodule(name)

        return cls(
            fingerprint(state),
            sizes,
            build,
            device=usable,
            precision=precision,
            sketch_precision=sketch_precision,
        )

    def encode_images(self, stack: NDArray[np.float32]) -> AnatomyCodes:
        """Encode slices ``(n, 3, size, size)``, as preprocessed, to codes ``(n, width, s, s)``.

        Raises
        ------
        DataError
            For slices of another size, or with NaN.
        """
        images = self._images(stack)
        return AnatomyCodes(self._run("nEncoder", images), self._run("aEncoder", images))

    def encode_template(self, stack: NDArray[np.float32]) -> NDArray[np.float32]:
        """Encode one slice ``(3, size, size)`` to its normal anatomy code ``(width, s, s)``.

        Raises
        ------
        DataError
            For a slice of another size, or with NaN.
        """
        (code,) = self._run("nEncoder", self._images(stack[None]))
        return np.asarray(code)

    def encode_sketch(self, label_map: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Encode a sketch, class ids ``(size, size)``, to an abnormal code ``(width, s, s)``.

        Raises
        ------
        DataError
            For a sketch of another size or with unknown class ids.
        """
        size = self.sizes.image_size
        if label_map.shape != (size, size):
            raise _wrong_size("sketch", label_map.shape, size)
        if label_map.max() > max(TissueClass):
            unknown = np.setdiff1d(label_map, list(TissueClass))
            raise DataError(
                f"The sketch holds unknown class ids: {', '.join(str(i) for i in unknown[:5])}.",
                remedy="Use 0 background, 1 necrotic core, 2 oedema, 3 enhancing tumour.",
            )
        (code,) = self._run("lEncoder", label_map[None, None])
        return np.asarray(code)

    def imagine(self, code: NDArray[np.float32]) -> NDArray[np.float32]:
        """Decode one code ``(width, s, s)`` to the slice ``(3, size, size)`` that it describes.

        A normal code gives the slice without its lesion, an entire code the slice itself.
        """
        (image,) = self._run("iDecoder", code[None])
        return np.asarray(image)

    def _images(self, stack: NDArray[np.float32]) -> NDArray[np.float32]:
        size = self.sizes.image_size
        if stack.ndim != 4 or stack.shape[1:] != (self.sizes.input_dim, size, size):
            raise _wrong_size("slice", stack.shape[1:], size, self.sizes.input_dim)
        if not np.isfinite(stack).all():
            raise DataError("A slice holds NaN or infinite values.", remedy="Preprocess it again.")
        return stack

    def _run(self, name: str, batch: NDArray[np.generic]) -> NDArray[np.float32]:
        network = self._network(name)
        tensor = torch.from_numpy(np.ascontiguousarray(batch)).to(self._device)
        with torch.inference_mode(), self._full_precision():
            at_once = _CACHED_SLICES if self._device.type == "cpu" else len(tensor)
            output = torch.cat([network(some) for some in torch.split(tensor, at_once)])
            output = output.to("cpu", torch.float32).contiguous()
        result: NDArray[np.float32] = output.numpy()
        if not np.isfinite(result).all():
            raise CheckpointError(
                f"The network {name} computes NaN: the checkpoint holds unusable weights.",
                remedy="Use another checkpoint.",
            )
        return result

    def _network(self, name: str) -> _Network:
        with self._building:
            if name not in self._networks:
                self._networks[name] = self._prepared(name)
            return self._networks[name]

    def _prepared(self, name: str) -> _Network:
        network = self._build(name).to(self._device)
        is_sketch = name == "lEncoder"
        precision = self.sketch_precision if is_sketch else self.precision
        dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
        if is_sketch and isinstance(network, LabelEncoder) and self._device.type == "cpu":
            with torch.inference_mode():
                return SketchEncoder(network, self.sizes.image_size, dtype)
        if dtype == torch.float32:
            # Convolutions are faster with the channels last, but PyTorch's group normalisation on
            # the CPU then sums so roughly (1e-4) that float32 would miss the published numbers.
            return lambda batch: network(batch.to(dtype))
        moved = to_channels_last(network.to(dtype))
        return lambda batch: moved(batch.to(dtype, memory_format=torch.channels_last))

    def _full_precision(self) -> AbstractContextManager[None]:
        # An Nvidia GPU would round what convolutions multiply to TF32 and so miss the published
        # numbers.
        if self._device.type != "cuda":
            return nullcontext()
        return torch.backends.cudnn.flags(enabled=True, allow_tf32=False)


def multiplies_bfloat16() -> bool:
    """Whether the processor itself multiplies in bfloat16."""
    questions = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, question, bool)() for question in questions)


def describe_machine() -> str:
    """What the networks run on: PyTorch's version, threads and accelerator."""
    accelerator = torch.cuda.get_device_name() if torch.cuda.is_available() else "no accelerator"
    return f"{torch.__version__}, {torch.get_num_threads()} threads, {accelerator}"


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def _usable_device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(
            f"The device {name!r} cannot be used on this machine.",
            why=str(error).splitlines()[0],
            remedy="Use 'cpu'.",
        ) from error
    return device


def _wrong_size(what: str, shape: tuple[int, ...], size: int, channels: int = 0) -> DataError:
    expected = (channels, size, size) if channels else (size, size)
    return DataError(
        f"The {what} has the size {_times(shape)}, but the model takes {_times(expected)}.",
        remedy=f"Use a {what} of the model's size, or a model of the {what}'s size.",
    )


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(str(length) for length in shape) or "of a single number"
