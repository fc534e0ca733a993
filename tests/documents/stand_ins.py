"""What the pages name and a machine lacks: small patients, networks and a department's server."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pymongo import MongoClient

from sbmir.database.mongod import find_mongod
from sbmir.networks.model import build_networks
from sbmir.networks.perceptual import PerceptualFeatures
from sbmir.networks.sizes import NetworkSizes
from sbmir.phantom.dataset import GENERATOR, RECIPE_FILE, patient_name
from sbmir.volumes import write_nifti

SHAPE = (20, 22, 120)
LESION_SLICES = range(60, 76)
"""Those of the largest lesion; slices that pages sketch on lie outside."""

LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
BRATS_2019 = {name: f"_{name}.nii.gz" for name in ("t1", "t1ce", "t2", "flair", "seg")}
BRATS_2019_OTHERS = {**BRATS_2019, "seg": "_output.nii.gz"}
BRATS_2023 = {
    "t1": "-t1n.nii.gz",
    "t1ce": "-t1c.nii.gz",
    "t2": "-t2w.nii.gz",
    "flair": "-t2f.nii.gz",
    "seg": "-seg.nii.gz",
}
SMALL = {"emb_dim": 8, "enc_filters": [8] * 4, "dec_filters": [8] * 4, "latent_size": 2}


# --- Patients -------------------------------------------------------------------------------


def write_patient(folder: Path, seed: int, endings: dict[str, str]) -> None:
    """Write small volumes as ``folder``, with a lesion of the patient's own place and size."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    labels = _labels(random)
    for name, ending in endings.items():
        if name == "seg":
            array: NDArray[Any] = labels
        else:
            array = np.zeros(SHAPE, np.int16)
            inner = array[3:-3, 3:-3]
            inner[...] = random.integers(100, 300, inner.shape)
            array[labels > 0] += 200
        write_nifti(folder / f"{folder.name}{ending}", array, LPS)


def _labels(random: np.random.Generator) -> NDArray[np.uint8]:
    labels = np.zeros(SHAPE, np.uint8)
    x, y = int(random.integers(4, 11)), int(random.integers(4, 11))
    middle = len(LESION_SLICES) // 2
    for place, index in enumerate(LESION_SLICES):
        edge = 6 if abs(place - middle) < 3 else 3
        labels[x : x + edge, y : y + edge, index] = 2
        labels[x : x + 2, y : y + 2, index] = 4
        labels[x, y, index] = 1
    return labels


def write_synthetic(folder: Path, count: int, seed: int) -> None:
    """Write stand-ins of what ``sbmir phantom`` makes; it keeps what is there already.

    Real ones take seconds each, and have tests of their own.
    """
    for number in range(1, count + 1):
        patient = folder / patient_name(number)
        write_patient(patient, 100 * seed + number, BRATS_2019)
        recipe = {"generator": GENERATOR, "seed": seed, "number": number}
        (patient / RECIPE_FILE).write_text(json.dumps(recipe), encoding="utf-8")


def write_bids(root: Path) -> None:
    """Write a patient as BIDS lays it out, with the label map among the derivatives."""
    name = "sub-01"
    images = {
        "t1": "_T1w.nii.gz",
        "t1ce": "_ce-GADOLINIUM_T1w.nii.gz",
        "flair": "_FLAIR.nii.gz",
    }
    anat = root / name / "anat"
    write_patient(root / "made" / name, 7, {**images, "seg": "_dseg.nii.gz"})
    anat.parent.mkdir()
    (root / "made" / name).rename(anat)
    derived = root / "derivatives" / "tumour" / name / "anat"
    derived.mkdir(parents=True)
    (anat / f"{name}_dseg.nii.gz").rename(derived / f"{name}_dseg.nii.gz")


# --- Settings and networks ------------------------------------------------------------------


def shrunk(value: Any) -> Any:
    """The same settings for small slices and networks, short trainings, and this machine."""
    if isinstance(value, list):
        return [shrunk(item) for item in value]
    if not isinstance(value, dict):
        return value
    value = {key: shrunk(item) for key, item in value.items()}
    if "emb_dim" in value:
        value |= SMALL
    if "image_size" in value:
        value["image_size"] = small_sizes().image_size
    if "n_epochs" in value:
        value |= {"n_epochs": 1, "num_sanity_val_steps": 1, "limit_val_batches": 1}
    if value.get("max_steps"):
        value["max_steps"] = 4
    if "test_batch_size" in value:
        value |= {"batch_size": 4, "num_workers": 0}
    return value


def small_sizes(settings: dict[str, Any] | None = None) -> NetworkSizes:
    """The sizes of small networks of the same kind."""
    return NetworkSizes(**{**(settings or {}), **SMALL})


def write_checkpoint(path: Path, sizes: NetworkSizes) -> None:
    """Write random weights, as the published file does: trained to the end, with VGG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    perceptual = {
        f"l_perceptual.{key}": tensor for key, tensor in PerceptualFeatures().state_dict().items()
    }
    state = {**build_networks(sizes).state_dict(), **perceptual}
    torch.save({"state_dict": state, "epoch": 299, "global_step": 1_000_000}, path)


# --- A department's server ------------------------------------------------------------------


@contextmanager
def department_server(folder: Path, database: str) -> Iterator[dict[str, str]]:
    """Run a mongod that wants a password; yields the address of each user.

    The curator may write the database, the reader only read it.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "db").mkdir(parents=True)
    command = [str(find_mongod()), "--auth", f"--port={port}", f"--dbpath={folder / 'db'}"]
    command += ["--bind_ip=127.0.0.1", "--nounixsocket", f"--logpath={folder / 'log'}", "--quiet"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        with MongoClient[dict[str, Any]](
            f"mongodb://127.0.0.1:{port}", serverSelectionTimeoutMS=60_000
        ) as client:
            # Without users yet, who comes from this machine may make the first one.
            client.admin.command(
                "createUser", "root", pwd="root", roles=[{"role": "root", "db": "admin"}]
            )
        root = f"mongodb://root:root@127.0.0.1:{port}"
        with MongoClient[dict[str, Any]](root) as client:
            for name, role in (("curator", "readWrite"), ("reader", "read")):
                client.admin.command(
                    "createUser", name, pwd="PASSWORD", roles=[{"role": role, "db": database}]
                )
        yield {
            name: f"mongodb://{name}:PASSWORD@127.0.0.1:{port}/" for name in ("curator", "reader")
        }
    finally:
        server.terminate()
        server.wait(timeout=60)
