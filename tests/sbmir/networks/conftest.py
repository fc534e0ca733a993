import pytest
import torch

from sbmir.networks.model import build_networks
from sbmir.networks.sizes import NetworkSizes


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def sizes():
    """Networks for slices of 8 × 8 pixels."""
    return NetworkSizes(emb_dim=24, enc_filters=(8, 8, 16), dec_filters=(16, 16, 8))


@pytest.fixture(scope="session")
def weights(sizes):
    torch.manual_seed(1)
    return build_networks(sizes).state_dict()
