"""Abnormal codes of another length, and all else as it was."""

from dataclasses import replace

import pytest
import torch
from training_samples import changed, write_settings

from ModelTraining.code_scale import scale_abnormal_codes
from ModelTraining.run_training import main
from sbmir.errors import ConfigError
from sbmir.networks.checkpoint import networks_from_state, read_state_dict
from sbmir.networks.model import build_networks


@pytest.fixture
def networks(config):
    """Fresh networks whose biases are not zero."""
    torch.manual_seed(0)
    built = build_networks(config.models).eval()
    for parameter in built.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return built


@torch.no_grad()
def test_abnormal_codes_alone_change_and_lesions_are_decoded_as_before(networks, config):
    scaled = networks_from_state(
        scale_abnormal_codes(networks.state_dict(), config.models, 8.0), config.models
    )
    image = torch.randn(2, 3, 32, 32)
    labels = torch.randint(0, 4, (2, 1, 32, 32)).float()
    code = networks.aEncoder(image)
    assert torch.equal(scaled.aEncoder(image), 8 * code)
    assert torch.equal(scaled.lEncoder(labels), 8 * networks.lEncoder(labels))
    assert torch.equal(scaled.lDecoder(8 * code), networks.lDecoder(code))
    assert torch.equal(scaled.nEncoder(image), networks.nEncoder(image))
    assert torch.equal(scaled.iDecoder(code), networks.iDecoder(code))


def test_codes_that_the_last_layers_alone_do_not_make_are_refused(networks, config):
    for sizes in (
        replace(config.models, emb_dim=config.models.enc_filters[-1]),
        replace(config.models, use_vae_aEnc=True),
    ):
        with pytest.raises(ConfigError, match=r"cannot be scaled"):
            scale_abnormal_codes({}, sizes, 8.0)


def test_an_export_scales(networks, tmp_path, settings, capsys):
    plain, longer = tmp_path / "plain.ckpt", tmp_path / "longer.ckpt"
    torch.save({"state_dict": networks.state_dict()}, plain)
    path = write_settings(tmp_path / "c.json", changed(settings))
    arguments = ["--config", str(path), "--checkpoint", str(plain), "--abnormal-scale"]
    assert main([*arguments, "4", "--mode", "export", "--out", str(longer)]) == 0
    last = "lEncoder.module_list.9.conv.5.bias"
    assert torch.equal(read_state_dict(longer)[last], 4 * networks.state_dict()[last])
    for wrong, mode in (("4", "test"), ("0", "export"), ("nan", "export"), ("much", "export")):
        with pytest.raises(SystemExit, match="2"):
            main([*arguments, wrong, "--mode", mode, "--out", str(longer)])
        assert "--abnormal-scale" in capsys.readouterr().err
