"""Sketches are encoded sooner, and to the same codes."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from sbmir.networks.model import build_networks
from sbmir.networks.sizes import NetworkSizes
from sbmir.networks.sketch_encoder import SketchEncoder

SIZES = NetworkSizes(
    emb_dim=32, enc_filters=(16, 16, 16, 24, 24, 24), dec_filters=(24, 24, 24, 16, 16, 16)
)
SIZE = SIZES.image_size


@pytest.fixture(scope="module", params=["ids", "one_hot"])
def encoder(request):
    torch.manual_seed(1)
    sizes = replace(SIZES, label_encoding=request.param)
    network = build_networks(sizes, ["lEncoder"]).lEncoder.eval().requires_grad_(False)
    for parameter in network.parameters():  # biases and norms of a trained network are not 0 and 1
        if parameter.ndim == 1:
            parameter.add_(0.2 * torch.randn_like(parameter))
    return network


def drawn(*boxes):
    labels = torch.zeros(1, 1, SIZE, SIZE)
    for tissue, top, left, bottom, right in boxes:
        labels[0, 0, top:bottom, left:right] = tissue
    return labels


SKETCHES = {
    "one pixel": drawn((1, 31, 17, 32, 18)),
    "small": drawn((2, 20, 28, 29, 39), (3, 23, 30, 26, 33)),
    "two lesions": drawn((2, 9, 8, 14, 15), (1, 40, 44, 55, 50)),
    "at an edge": drawn((3, 0, 25, 6, 33)),
    "in a corner": drawn((2, 57, 56, 64, 64)),
    "a thin line": drawn((1, 33, 0, 34, 64)),
    "everywhere": drawn((2, 0, 0, 64, 64), (1, 30, 30, 40, 40)),
}


@pytest.mark.parametrize("sketch", SKETCHES.values(), ids=SKETCHES)
def test_the_code_is_that_of_the_plain_network(encoder, sketch):
    with torch.inference_mode():
        exact = copy.deepcopy(encoder).double()(sketch.double()).numpy()
        code = SketchEncoder(copy.deepcopy(encoder), SIZE)(sketch).numpy()
    assert code.dtype == np.float32
    np.testing.assert_allclose(code, exact, rtol=1e-5, atol=1e-5)


def test_the_code_is_that_of_the_plain_network_wherever_one_draws(encoder):
    random = np.random.default_rng(0)
    exact = copy.deepcopy(encoder).double()
    quick = SketchEncoder(copy.deepcopy(encoder), SIZE)
    for _ in range(60):
        top, left = random.integers(0, SIZE - 1, 2)
        height, width = random.integers(1, 20, 2)
        sketch = drawn((random.integers(1, 4), top, left, top + height, left + width))
        with torch.inference_mode():
            np.testing.assert_allclose(
                quick(sketch).numpy(), exact(sketch.double()).numpy(), rtol=1e-5, atol=1e-5
            )


def test_an_empty_sketch_has_the_very_code_of_the_plain_network(encoder):
    with torch.inference_mode():
        plain = encoder(drawn())
        quick = SketchEncoder(copy.deepcopy(encoder), SIZE)
        quick(drawn()).zero_()  # what a caller does with a code changes no other
        assert torch.equal(quick(drawn()), plain)


def test_labels_may_be_of_any_type(encoder):
    quick = SketchEncoder(copy.deepcopy(encoder), SIZE)
    sketch = SKETCHES["small"]
    with torch.inference_mode():
        assert torch.equal(quick(sketch.to(torch.uint8)), quick(sketch))


def test_most_of_a_small_sketch_is_not_computed(encoder):
    """What the speed comes from: counted in pixels, as times say nothing on a busy machine."""
    quick = SketchEncoder(copy.deepcopy(encoder), SIZE)
    computed = []
    first = quick.module_list[1].conv[2]
    first.register_forward_hook(lambda _module, given, _out: computed.append(given[0].shape))
    with torch.inference_mode():
        quick(SKETCHES["small"])
    ((_, _, rows, columns),) = computed
    assert rows * columns < SIZE * SIZE / 4


def test_bfloat16_changes_a_code_by_about_a_hundredth(encoder):
    rounded = SketchEncoder(copy.deepcopy(encoder), SIZE, torch.bfloat16)
    with torch.inference_mode():
        exact, code = encoder(SKETCHES["small"]), rounded(SKETCHES["small"])
    assert code.dtype == torch.float32
    assert 0 < torch.linalg.norm(code - exact) / torch.linalg.norm(exact) < 0.05
