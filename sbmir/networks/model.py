"""The five networks together, under their published names."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from sbmir.networks.decoder import Decoder
from sbmir.networks.encoder import Encoder, LabelEncoder, VariationalEncoder
from sbmir.networks.sizes import NETWORK_NAMES, NetworkSizes


class AnatomyNetworks(nn.Module):
    """The networks that were asked for; its state dict has the published keys.

    Attributes
    ----------
    nEncoder, aEncoder:
        Slice to normal, and to abnormal, anatomy code.
    lEncoder:
        Label map or sketch to abnormal anatomy code.
    iDecoder:
        Normal anatomy code to a normal-looking slice; the sum of both codes to the slice itself.
    lDecoder:
        Abnormal anatomy code to segmentation logits.
    """

    nEncoder: Encoder  # noqa: N815 - the published names
    aEncoder: Encoder  # noqa: N815
    lEncoder: LabelEncoder  # noqa: N815
    iDecoder: Decoder  # noqa: N815
    lDecoder: Decoder  # noqa: N815


def build_networks(sizes: NetworkSizes, names: Iterable[str] = NETWORK_NAMES) -> AnatomyNetworks:
    """Build the named networks with fresh weights, in training mode."""
    networks = AnatomyNetworks()
    for name in names:
        networks.add_module(name, _build(sizes, name))
    return networks


def to_channels_last(network: nn.Module) -> nn.Module:
    """Lay the weights out as convolutions are fastest with, and return the network.

    Group normalisation on the CPU then sums less exactly: its output differs by up to 1e-4.
    """
    moved: nn.Module = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return moved


def _build(sizes: NetworkSizes, name: str) -> nn.Module:
    images, width = sizes.input_dim, sizes.emb_dim
    match name:
        case "nEncoder":
            kind = VariationalEncoder if sizes.use_vae_nEnc else Encoder
            return kind(images, sizes.enc_filters, width)
        case "aEncoder":
            kind = VariationalEncoder if sizes.use_vae_aEnc else Encoder
            return kind(images, sizes.enc_filters, width)
        case "lEncoder":
            return LabelEncoder(sizes.label_channels, sizes.enc_filters, width)
        case "iDecoder":
            return Decoder(images, sizes.dec_filters, width)
        case "lDecoder":
            return Decoder(sizes.seg_output_dim, sizes.dec_filters, width)
        case _:
            raise ValueError(f"no network is called {name!r}")
