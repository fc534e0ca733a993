"""What training relies on: sampling, initialisation, and the options of the sizes."""

import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from sbmir.networks.encoder import Encoder, VariationalEncoder
from sbmir.networks.model import build_networks
from sbmir.networks.sizes import NETWORK_NAMES, NetworkSizes


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


COMPACT = NetworkSizes(emb_dim=16, enc_filters=(8, 8, 16, 16), dec_filters=(16, 16, 8, 8))


def codes_of_three_discs(sizes):
    """The codes of one disc drawn as each of the three structures, (3, numbers)."""
    torch.manual_seed(0)
    encoder = build_networks(sizes, ["lEncoder"]).lEncoder.eval()
    rows, columns = torch.meshgrid(*[torch.arange(sizes.image_size)] * 2, indexing="ij")
    disc = ((rows - 6) ** 2 + (columns - 9) ** 2 < 12).float()
    with torch.inference_mode():
        return encoder(torch.stack([disc, 2 * disc, 3 * disc])[:, None]).flatten(1)


def differences(codes):
    """Distances between any two of the three codes, as parts of their length."""
    return torch.pdist(codes) / codes.norm(dim=1).mean()


def test_one_hot_labels_give_each_structure_a_code_of_its_own():
    """With as many filters as norm groups, class ids as one number are normalised away."""
    assert differences(codes_of_three_discs(COMPACT)).max() < 0.02
    one_hot = replace(COMPACT, label_encoding="one_hot")
    assert differences(codes_of_three_discs(one_hot)).min() > 0.2


def test_one_hot_labels_have_a_channel_for_each_class_and_the_background():
    encoder = build_networks(replace(COMPACT, label_encoding="one_hot")).lEncoder
    assert encoder.module_list[0].weight.shape[1] == 4
    labels = torch.tensor([[[[0, 1], [2, 3]]]], dtype=torch.bfloat16)
    planes = encoder.planes(labels)
    assert planes.dtype == labels.dtype
    assert torch.equal(planes[0].argmax(dim=0).float(), labels[0, 0].float())
    assert torch.equal(planes.sum(dim=1), torch.ones(1, 2, 2, dtype=torch.bfloat16))


def test_one_hot_labels_need_classes():
    with pytest.raises(ValueError, match="label_encoding"):
        replace(COMPACT, label_encoding="one_hot", seg_output_dim=1)


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
