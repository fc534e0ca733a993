"""The sizes of the five networks; free of torch, so that settings can be read without it."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from pydantic import model_validator
from pydantic.dataclasses import dataclass

from sbmir.config.reader import STRICT

MODEL_CHANNELS = ("t1", "t1ce", "flair")
"""What the three image channels of every network are, as patterns of slice files, in order."""

NetworkName: TypeAlias = Literal["nEncoder", "aEncoder", "lEncoder", "iDecoder", "lDecoder"]
NETWORK_NAMES: tuple[NetworkName, ...] = get_args(NetworkName)

LabelEncoding: TypeAlias = Literal["ids", "one_hot"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class NetworkSizes:
    """Sizes of the published architecture, under the published keys.

    ``enc_filters`` (f0…fn) halve the slice n times; ``dec_filters`` (g0…gn) double it again, with
    g0 = g1, because the decoder's first block does not change the resolution.

    Not in the published file: ``label_encoding``, how ``lEncoder`` is told a label map. ``ids``, as
    published, is one channel of class ids. Where its first layer has as many filters as norm groups
    (8 and 8), each is normalised by itself, which takes scale and offset away: a sketch of one
    structure then has the same code whichever structure it is. ``one_hot`` is one channel of zeros
    and ones for each class, background included, and has no such trouble.
    """

    input_dim: int = 3
    emb_dim: int
    enc_filters: tuple[int, ...]
    dec_filters: tuple[int, ...]
    seg_output_dim: int = 4
    latent_size: int = 2
    use_vae_nEnc: bool = True  # noqa: N815 - the published key
    use_vae_aEnc: bool = False  # noqa: N815 - the published key
    label_encoding: LabelEncoding = "ids"

    @model_validator(mode="after")
    def _check(self) -> NetworkSizes:
        problems = []
        if len(self.enc_filters) < 2 or len(self.dec_filters) != len(self.enc_filters):
            problems.append("enc_filters and dec_filters must be equally long, at least 2")
        elif self.dec_filters[0] != self.dec_filters[1]:
            problems.append("dec_filters must begin with the same number twice")
        groups = [*self.enc_filters, *self.dec_filters, self.emb_dim]
        if any(width < 8 or width % 8 for width in groups):
            problems.append(
                "emb_dim and every filter number must be a multiple of 8 (GroupNorm, 8 groups)"
            )
        if self.latent_size < 1 or self.input_dim < 1:
            problems.append("latent_size and input_dim must be at least 1")
        if self.label_encoding == "one_hot" and self.seg_output_dim < 2:
            problems.append("label_encoding one_hot needs at least 2 classes in seg_output_dim")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def image_size(self) -> int:
        """Edge of the square slices these networks take, in pixels."""
        return int(self.latent_size * 2 ** (len(self.enc_filters) - 1))

    @property
    def label_channels(self) -> int:
        """Channels of a label map as ``lEncoder``'s first convolution takes it."""
        return 1 if self.label_encoding == "ids" else self.seg_output_dim

    @property
    def vector_length(self) -> int:
        """Numbers in one flattened anatomy code."""
        return self.emb_dim * self.latent_size**2
