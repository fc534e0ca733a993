"""The published layout of weights, and what the published networks compute."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from sbmir.encoding import CodeEncoder
from sbmir.networks.checkpoint import load_networks
from sbmir.networks.model import build_networks
from sbmir.networks.sizes import NetworkSizes

HERE = Path(__file__).parent
RTOL, ATOL = 1e-4, 1e-5

FULL = NetworkSizes(
    emb_dim=512,
    enc_filters=(32, 64, 128, 256, 512, 512, 512, 512),
    dec_filters=(512, 512, 512, 512, 256, 128, 64, 32),
)


def published_shapes() -> dict[str, tuple[int, ...]]:
    shapes = json.loads((HERE / "official_state_dict.json").read_text())
    return {key: tuple(shape) for key, shape in shapes.items() if not key.startswith("l_percep")}


def test_the_full_model_has_exactly_the_published_keys_and_shapes():
    with torch.device("meta"):
        state = build_networks(FULL).state_dict()
    shapes = {key: tuple(tensor.shape) for key, tensor in state.items()}
    assert len(shapes) == 470
    assert shapes == published_shapes()
    assert round(sum(math.prod(shape) for shape in shapes.values()) / 1e6, 1) == 139.6


@pytest.fixture(scope="module")
def golden():
    settings = json.loads((HERE / "model.json").read_text())
    sizes = NetworkSizes(
        **{key: settings[key] for key in ("emb_dim", "enc_filters", "dec_filters")}
    )
    networks = load_networks(HERE / "official_layout.ckpt", sizes)
    assert sum(p.numel() for p in networks.parameters()) == settings["n_parameters"]
    encoder = CodeEncoder.from_checkpoint(HERE / "official_layout.ckpt", sizes)
    return networks, encoder, np.load(HERE / "inference.npz")


@pytest.mark.parametrize("batch", ["normal", "abnormal"])
def test_inference_is_as_published(golden, batch):
    networks, _encoder, expected = golden
    image = torch.from_numpy(expected[f"{batch}_image"])
    label = torch.from_numpy(expected[f"{batch}_label"])
    with torch.inference_mode():
        nac, aac = networks.nEncoder(image), networks.aEncoder(image)
        computed = {
            "nac": nac,
            "aac": aac,
            "eac": nac + aac,
            "e_rec": networks.iDecoder(nac + aac),
            "n_rec": networks.iDecoder(nac),
            "a_seg": networks.lDecoder(aac),
            "r_aac": networks.lEncoder(label[:, None].float()),
        }
    for name, tensor in computed.items():
        np.testing.assert_allclose(
            tensor.numpy(), expected[f"{batch}_{name}"], rtol=RTOL, atol=ATOL, err_msg=name
        )


@pytest.mark.parametrize("batch", ["normal", "abnormal"])
def test_the_program_encodes_as_published(golden, batch):
    _networks, encoder, expected = golden
    codes = encoder.encode_images(expected[f"{batch}_image"])
    label = expected[f"{batch}_label"][1].astype(np.uint8)
    computed = {
        "nac": codes.normal,
        "aac": codes.abnormal,
        "eac": codes.entire,
        "e_rec": np.stack([encoder.imagine(code) for code in codes.entire]),
    }
    for name, array in computed.items():
        np.testing.assert_allclose(
            array, expected[f"{batch}_{name}"], rtol=RTOL, atol=ATOL, err_msg=name
        )
    drawn = encoder.encode_sketch(label)
    np.testing.assert_allclose(drawn, expected[f"{batch}_r_aac"][1], rtol=RTOL, atol=ATOL)
