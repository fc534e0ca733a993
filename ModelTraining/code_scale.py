"""Longer or shorter abnormal codes, by the weights alone."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from sbmir.errors import ConfigError
from sbmir.networks.blocks import ConvBlock
from sbmir.networks.checkpoint import networks_from_state
from sbmir.networks.encoder import Encoder
from sbmir.networks.sizes import NetworkSizes


@torch.no_grad()
def scale_abnormal_codes(
    state: Mapping[str, Tensor], sizes: NetworkSizes, factor: float
) -> dict[str, Tensor]:
    """Multiply every abnormal code by ``factor``.

    Both encoders end with linear layers, and ``lDecoder`` begins with one: those of the encoders
    are multiplied, that of the decoder is divided. So segmentations stay as they are, and so does
    a search with a balanced metric; only ``iDecoder`` meets something new. By a power of 2, all of
    it is exact.

    Parameters
    ----------
    state:
        Weights that fit ``sizes``.

    Returns
    -------
    dict
        The weights of the five networks, float32.

    Raises
    ------
    ConfigError
        Where the end of an encoder is not linear: it passes its last features on as they are
        where it has as many of them as a code, or it is variational.
    """
    if sizes.use_vae_aEnc or sizes.enc_filters[-1] == sizes.emb_dim:
        raise ConfigError(
            "Abnormal codes of these networks cannot be scaled by the weights.",
            why="That needs models.use_vae_aEnc: false, and a last number of models.enc_filters"
            " that is not models.emb_dim.",
        )
    networks = networks_from_state(state, sizes)
    for encoder in (networks.aEncoder, networks.lEncoder):
        block = _last_block(encoder)
        for layer in (block.conv[-1], block.downsample[0]):
            for parameter in layer.parameters():
                parameter.mul_(factor)
    networks.lDecoder.get_parameter("module_list.0.weight").div_(factor)
    return dict(networks.state_dict())


def _last_block(encoder: Encoder) -> ConvBlock:
    block = encoder.module_list[-1]
    if not isinstance(block, ConvBlock):
        raise TypeError("an encoder ends with a ConvBlock")
    return block
