"""What training relies on: sampling, initialisation, and the options of the sizes."""

import subprocess
import sys

import pytest
import torch

from sbmir.networks.encoder import Encoder, VariationalEncoder
from sbmir.networks.model import NETWORK_NAMES, build_networks
from sbmir.networks.sizes import NetworkSizes


def test_codes_and_pictures_have_the_configured_sizes(sizes):
    networks = build_networks(sizes).eval()
    image = torch.zeros(2, 3, sizes.image_size, sizes.image_size)
    code = networks.nEncoder(image)
    assert code.shape == (2, sizes.emb_dim, 2, 2) == networks.aEncoder(image).shape
    assert code[0].numel() == sizes.vector_length
    assert networks.lEncoder(image[:, :1]).shape == code.shape
    assert networks.iDecoder(code).shape == image.shape
    assert networks.lDecoder(code).shape == (2, 4, *image.shape[2:])


def test_a_variational_encoder_samples_in_training_and_gives_the_mean_after(sizes):
    torch.manual_seed(0)
    encoder = VariationalEncoder(3, sizes.enc_filters, sizes.emb_dim)
    image = torch.randn(1, 3, 8, 8)
    posterior = encoder.distribution(image)
    draws = encoder(image.expand(800, -1, -1, -1))[:, None]
    deviation = torch.exp(0.5 * posterior.logvar)
    assert torch.all((draws.mean(0) - posterior.mu).abs() < 0.2 * deviation)
    assert torch.all((draws.std(0) / deviation - 1).abs() < 0.2)
    torch.testing.assert_close(encoder.eval()(image), posterior.mu)


def test_a_plain_encoder_has_no_uncertainty(sizes):
    posterior = Encoder(3, sizes.enc_filters, sizes.emb_dim).distribution(torch.randn(1, 3, 8, 8))
    assert posterior.logvar is None
    assert posterior.sample() is posterior.mu


@pytest.mark.parametrize("normal", [True, False])
@pytest.mark.parametrize("abnormal", [True, False])
def test_either_image_encoder_can_be_variational(normal, abnormal):
    sizes = NetworkSizes(
        emb_dim=8,
        enc_filters=(8, 8),
        dec_filters=(8, 8),
        use_vae_nEnc=normal,
        use_vae_aEnc=abnormal,
    )
    networks = build_networks(sizes)
    assert isinstance(networks.nEncoder, VariationalEncoder) is normal
    assert isinstance(networks.aEncoder, VariationalEncoder) is abnormal
    assert not isinstance(networks.lEncoder, VariationalEncoder)


def test_only_the_networks_asked_for_are_built(sizes):
    networks = build_networks(sizes, ["lEncoder"])
    assert [name for name, _ in networks.named_children()] == ["lEncoder"]
    assert {key.split(".")[0] for key in build_networks(sizes).state_dict()} == set(NETWORK_NAMES)


def test_convolutions_start_from_kaimings_distribution():
    torch.manual_seed(0)
    encoder = VariationalEncoder(3, (64, 64), 64)
    for module in encoder.modules():
        if isinstance(module, torch.nn.Conv2d):
            fan_in = module.weight[0].numel()
            assert module.weight.std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=0.1)
        if isinstance(module, torch.nn.GroupNorm):
            assert torch.all(module.weight == 1)
            assert torch.all(module.bias == 0)


def test_sizes_can_be_read_without_torch():
    code = "import sys, sbmir, sbmir.networks.sizes; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
