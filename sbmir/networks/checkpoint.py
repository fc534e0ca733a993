"""Checkpoints: files that hold the weights, and what makes two of them the same model."""

from __future__ import annotations

import hashlib
import logging
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from sbmir.errors import CheckpointError, NotFoundError
from sbmir.networks.inert import InertFileError, StoredTensor, read_inert
from sbmir.networks.model import AnatomyNetworks, build_networks
from sbmir.networks.sizes import NETWORK_NAMES, NetworkSizes

logger = logging.getLogger(__name__)

T = TypeVar("T")

PERCEPTUAL_PREFIX = "l_perceptual.vgg."
_TORCHVISION_PREFIX = "features."
_PERCEPTUAL_LAYERS = (0, 2, 5, 7)
_SHOWN = 4


def read_state_dict(path: Path, names: Iterable[str] | None = None) -> dict[str, Tensor]:
    """Read the weights of a checkpoint, on the CPU, without running anything in the file.

    Parameters
    ----------
    path:
        A Lightning checkpoint, or any file of ``torch.save`` that holds a ``state_dict`` or is
        one. Optimizer state and other objects around the weights are not looked at.
    names:
        Read the tensors of these networks only; where not given, all of the state dict, those of
        a perceptual network included.

    Returns
    -------
    dict
        The tensors by their keys. They may be memory maps of the file: copy what has to outlive
        it.

    Raises
    ------
    NotFoundError
        Where there is no such file.
    CheckpointError
        Where the file is damaged, is something else, or holds no weights; it says what it holds.
    """
    path = Path(path)
    _check_file(path)
    wanted = None if names is None else tuple(names)
    if not zipfile.is_zipfile(path):  # the layout before torch 1.6, or no torch file at all
        return _read_without_the_rest(path, wanted)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:
        # Whatever torch objects to, the inert reader decides whether there are weights in it.
        logger.debug("%s: not loaded by torch itself: %s", path, error)
        return _read_without_the_rest(path, wanted)
    state = _tensors_of(content, Tensor)
    if not state:
        raise _no_weights(path, content, ())
    return state if wanted is None else select_networks(state, wanted)


def select_networks(state: Mapping[str, T], names: Iterable[str] = NETWORK_NAMES) -> dict[str, T]:
    """Return the tensors of the named networks, under their full keys."""
    chosen = set(names)
    return {key: tensor for key, tensor in state.items() if key.split(".")[0] in chosen}


def perceptual_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor] | None:
    """Return the weights of the perceptual network, where all of them are there.

    Taken from ``l_perceptual.vgg.*`` of a checkpoint or ``features.*`` of a VGG19 file; the keys
    returned are ``0.weight``, ``0.bias``, ``2.weight`` and so on to ``7.bias``.
    """
    keys = [f"{layer}.{kind}" for layer in _PERCEPTUAL_LAYERS for kind in ("weight", "bias")]
    for prefix in (PERCEPTUAL_PREFIX, _TORCHVISION_PREFIX):
        if all(prefix + key in state for key in keys):
            return {key: state[prefix + key] for key in keys}
    return None


def fingerprint(state: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 that names a model, whatever file it is saved in.

    It covers the sorted keys, dtypes, shapes and bytes of the five networks' tensors; nothing
    else in ``state`` counts.
    """
    digest = hashlib.sha256()
    for key, tensor in sorted(select_networks(state).items()):
        shape = "x".join(str(size) for size in tensor.shape)
        digest.update(f"{key} {tensor.dtype} {shape}\n".encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy().data)
    return digest.hexdigest()


def check_fits(
    state: Mapping[str, Tensor], sizes: NetworkSizes, path: Path, settings: str = "the settings"
) -> None:
    """Check that ``state`` has exactly the tensors of networks of these ``sizes``.

    Parameters
    ----------
    path:
        The checkpoint, for the message.
    settings:
        What to call the source of ``sizes`` in the message: the file and where in it.

    Raises
    ------
    CheckpointError
        Naming the missing, extra and misshapen keys together, and the settings that disagree.
    """
    with torch.device("meta"):
        expected = build_networks(sizes).state_dict()
    missing = [key for key in expected if key not in state]
    extra = [key for key in state if key not in expected and not key.startswith("l_perceptual.")]
    misshapen = [
        f"{key} (is {_form(state[key])}, should be {_form(tensor)})"
        for key, tensor in expected.items()
        if key in state and (state[key].shape != tensor.shape or not state[key].is_floating_point())
    ]
    listings = [
        f"{len(keys)} {kind}: {_some(keys)}"
        for kind, keys in (("missing", missing), ("extra", extra), ("misshapen", misshapen))
        if keys
    ]
    if listings:
        raise CheckpointError(
            f"The checkpoint {path} does not fit {settings}.",
            why="\n".join([*_disagreements(state, sizes), *listings]),
            remedy="Choose the checkpoint that was trained with these sizes, or correct the sizes.",
        )


def networks_from_state(
    state: Mapping[str, Tensor], sizes: NetworkSizes, names: Iterable[str] = NETWORK_NAMES
) -> AnatomyNetworks:
    """Build the named networks with copies of the weights, float32, in evaluation mode.

    ``state`` has passed ``check_fits``.
    """
    chosen = tuple(names)
    with torch.device("meta"):  # nobody needs the random weights that would be replaced
        networks = build_networks(sizes, chosen)
    weights = {
        key: tensor.to(torch.float32, copy=True)
        for key, tensor in select_networks(state, chosen).items()
    }
    networks.load_state_dict(weights, assign=True)
    return networks.requires_grad_(False).eval()


def load_networks(
    path: Path,
    sizes: NetworkSizes,
    names: Iterable[str] = NETWORK_NAMES,
    settings: str = "the settings",
) -> AnatomyNetworks:
    """Read, check and build in one go: the named networks, ready for inference on the CPU.

    Raises
    ------
    NotFoundError, CheckpointError
        As ``read_state_dict`` and ``check_fits``.
    """
    state = read_state_dict(path)
    check_fits(state, sizes, path, settings)
    return networks_from_state(state, sizes, names)


def _check_file(path: Path) -> None:
    if not path.exists():
        raise NotFoundError(
            f"The checkpoint {path} is not there.",
            remedy="Put it there, or correct the path in the settings.",
        )
    if not path.is_file():
        raise CheckpointError(f"The checkpoint {path} is a folder, not a file.")
    try:
        with path.open("rb") as stream:
            beginning = stream.read(4)
    except OSError as error:
        raise CheckpointError(
            f"The checkpoint {path} cannot be read.", why=error.strerror or str(error)
        ) from error
    cause = ""
    if not beginning:
        cause = "It is empty."
    elif beginning.startswith(b"PK") and not zipfile.is_zipfile(path):
        cause = "It begins as a checkpoint does, but its end is missing."
    if cause:
        raise CheckpointError(
            f"The checkpoint {path} is damaged.", why=cause, remedy="Copy or download it again."
        )


def _read_without_the_rest(path: Path, names: tuple[str, ...] | None) -> dict[str, Tensor]:
    """Read the weights of a file that holds objects which torch refuses to load, or is damaged."""
    try:
        content = read_inert(path)
        stored = _tensors_of(content.value, StoredTensor)
        state = content.read(stored if names is None else select_networks(stored, names))
    except InertFileError as error:
        raise CheckpointError(
            f"The checkpoint {path} cannot be read: it is damaged or not a torch file.",
            why=f"Reading it failed because {error}.",
            remedy="Copy or download it again, or correct the path in the settings.",
        ) from error
    if not stored:
        raise _no_weights(path, content.value, content.left_out)
    if content.left_out and names is None:  # said once, not again for each network
        logger.warning(
            "%s also holds %s; this was not loaded and nothing of it was run.",
            path.name,
            _some(content.left_out),
        )
    return state


def _tensors_of(content: Any, kind: type[Any]) -> dict[str, Any]:
    inner = content.get("state_dict", content) if isinstance(content, dict) else None
    if not isinstance(inner, dict):
        return {}
    return {key: item for key, item in inner.items() if type(key) is str and isinstance(item, kind)}


def _no_weights(path: Path, content: Any, left_out: tuple[str, ...]) -> CheckpointError:
    holds = []
    if isinstance(content, dict):
        holds.append(f"a dictionary of {_some([repr(key) for key in content]) or 'nothing'}")
    elif not left_out:
        holds.append(f"one object of type {type(content).__name__}")
    if left_out:
        holds.append(f"pickled code or objects of {_some(left_out)}")
    return CheckpointError(
        f"The checkpoint {path} holds no weights that can be read without running code from it.",
        why=f"It holds {' and '.join(holds)}.",
        remedy="It has to hold a 'state_dict' of tensors, as Lightning's checkpoints do.",
    )


def _disagreements(state: Mapping[str, Tensor], sizes: NetworkSizes) -> list[str]:
    """Say which settings the checkpoint was made with, where they are not ``sizes``."""
    return [
        f"{name} is {_plain(getattr(sizes, name))}, but the checkpoint has {_plain(found)}"
        for name, found in _sizes_of(state).items()
        if found != getattr(sizes, name)
    ]


def _sizes_of(state: Mapping[str, Tensor]) -> dict[str, Any]:
    """Read off the shapes which sizes a checkpoint was made with, as far as they can be told."""

    def outputs(pattern: str, positions: Iterable[int]) -> tuple[int, ...]:
        found = (state.get(pattern.format(position)) for position in positions)
        return tuple(tensor.shape[0] for tensor in found if tensor is not None and tensor.ndim)

    steps = range(1, 64, 2)
    # A halving has one convolution; the block at the end, at an odd position too, has another.
    halvings = [i for i in steps if f"nEncoder.module_list.{i}.conv.5.weight" not in state]
    encoder = outputs("nEncoder.module_list.{}.weight", [0])
    encoder += outputs("nEncoder.module_list.{}.conv.2.weight", halvings)
    first = outputs("iDecoder.module_list.{}.weight", [0])
    doublings = outputs("iDecoder.module_list.{}.up.2.weight", range(2, 64, 2))
    sizes: dict[str, Any] = {}
    if len(encoder) > 1 and len(first + doublings) > 1:
        sizes["enc_filters"] = encoder
        sizes["dec_filters"] = (*first, *first, *doublings[:-1])
        sizes["use_vae_nEnc"] = "nEncoder.final_conv1.conv.2.weight" in state
        sizes["use_vae_aEnc"] = "aEncoder.final_conv1.conv.2.weight" in state
    for name, key in (
        ("input_dim", "nEncoder.module_list.0.weight"),
        ("emb_dim", "iDecoder.module_list.0.weight"),
    ):
        if key in state and state[key].ndim == 4:
            sizes[name] = state[key].shape[1]
    first_of_labels = state.get("lEncoder.module_list.0.weight")
    if first_of_labels is not None and first_of_labels.ndim == 4:
        sizes["label_encoding"] = "ids" if first_of_labels.shape[1] == 1 else "one_hot"
    return sizes


def _plain(value: Any) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, tuple) else str(value)


def _form(tensor: Tensor) -> str:
    shape = "×".join(str(size) for size in tensor.shape) or "a single number"
    return shape if tensor.is_floating_point() else f"{shape} of {tensor.dtype}"


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = len(listed) - _SHOWN
    return ", ".join(listed[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
