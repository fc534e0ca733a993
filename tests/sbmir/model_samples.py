"""A small model with random weights, and made-up slices of its size."""

import numpy as np
import torch

from sbmir.networks.model import build_networks
from sbmir.networks.sizes import MODEL_CHANNELS, NetworkSizes

SIZES = NetworkSizes(emb_dim=8, enc_filters=(8, 8, 16), dec_filters=(16, 16, 8))
SIZE = SIZES.image_size


def write_checkpoint(path, seed=0, sizes=SIZES):
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    torch.save({"state_dict": build_networks(sizes).state_dict()}, path)
    return path


def make_stacks(count, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(-0.3, 1, (count, 3, SIZE, SIZE)).astype(np.float32)


def write_slices(slices_dir, patient, stacks):
    (slices_dir / patient).mkdir(parents=True, exist_ok=True)
    for index, stack in enumerate(stacks):
        for pattern, picture in zip(MODEL_CHANNELS, stack, strict=True):
            np.save(slices_dir / patient / f"{patient}_{pattern}_{index:04d}.npy", picture)
