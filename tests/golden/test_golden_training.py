"""The published objective: its terms and its gradients, on the golden pair of batches."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from ModelTraining.config import read_training_config
from ModelTraining.data.batch import PairedBatch, SliceBatch
from ModelTraining.forward import Wanted, forward_pair
from ModelTraining.losses.objective import TrainingObjective
from ModelTraining.losses.reconstruction import PerceptualReconstruction
from ModelTraining.metrics import dice_per_class
from sbmir.layout import REPOSITORY_ROOT
from sbmir.networks.checkpoint import perceptual_weights, read_state_dict, select_networks
from sbmir.networks.model import build_networks
from sbmir.networks.perceptual import PerceptualFeatures
from sbmir.networks.sizes import NetworkSizes

HERE = Path(__file__).parent
RTOL = 1e-4


@pytest.fixture(scope="module")
def expected():
    return json.loads((HERE / "losses.json").read_text())


@pytest.fixture(scope="module")
def pair():
    arrays = np.load(HERE / "inference.npz")

    def half(kind):
        return SliceBatch(
            torch.from_numpy(arrays[f"{kind}_image"]),
            torch.from_numpy(arrays[f"{kind}_label"]).long(),
            torch.arange(len(arrays[f"{kind}_label"])),
        )

    return PairedBatch(half("normal"), half("abnormal"))


@pytest.fixture(scope="module")
def networks():
    settings = json.loads((HERE / "model.json").read_text())
    sizes = NetworkSizes(
        **{key: settings[key] for key in ("emb_dim", "enc_filters", "dec_filters")}
    )
    networks = build_networks(sizes)
    networks.load_state_dict(select_networks(read_state_dict(HERE / "official_layout.ckpt")))
    return networks


@pytest.fixture(scope="module")
def step(networks, pair):
    """The terms of one training step without latent noise, after its backward pass."""
    config = read_training_config(
        REPOSITORY_ROOT / "ModelTraining" / "bottom2x2_margin-10_config.json"
    )
    perceptual = PerceptualFeatures()
    perceptual.vgg.load_state_dict(
        perceptual_weights(read_state_dict(HERE / "official_layout.ckpt"))
    )
    objective = TrainingObjective(
        PerceptualReconstruction(perceptual), config.losses, config.loss_weight
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "randn_like", torch.zeros_like)
        terms = objective(forward_pair(networks, pair, Wanted.by(config)))
    terms.total.backward()
    return terms


def test_every_term_is_as_published(step, expected):
    computed = {name: float(value) for name, value in step.detached().items()}
    wanted = expected["loss_terms"]
    assert {"epoch", "iteration", *computed} == set(wanted)
    assert computed == pytest.approx({name: wanted[name] for name in computed}, rel=RTOL)


def test_every_gradient_is_as_published(step, networks, expected):
    gradients = {
        name: parameter.grad
        for name, parameter in networks.named_parameters()
        if parameter.grad is not None
    }
    for name, norm in expected["grad_norms"].items():
        assert float(gradients[name].norm()) == pytest.approx(norm, rel=RTOL), name
    for network, total in expected["grad_norm_total"].items():
        norms = [g.norm() for name, g in gradients.items() if name.startswith(f"{network}.")]
        assert float(torch.stack(norms).norm()) == pytest.approx(total, rel=RTOL), network


def test_dice_of_the_validation_is_as_published(step, networks, pair, expected):
    networks.eval()
    with torch.inference_mode():
        logits = networks.lDecoder(networks.aEncoder(pair.abnormal.image))
    dice = dice_per_class(logits.argmax(dim=1), pair.abnormal.labels, 4)
    wanted = expected["dice_metric_abnormal"]
    assert dice.tolist() == pytest.approx(
        [wanted[name] for name in ("Background", "NET", "ED", "ET")], rel=RTOL
    )
