"""PyTorch's files through the exporter: the numbers of PyTorch, and nothing executed that was not allowed."""

from __future__ import annotations

import json
import pickle
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the nets run on it")

import onnxruntime  # noqa: E402

from export.__main__ import main  # noqa: E402
from export.torch_.command import ARCH_NAMES, to_onnx  # noqa: E402
from export.torch_.hrnet import HRNet  # noqa: E402
from export.torch_.nets import ARCHS  # noqa: E402
from mirror.runtime.manifest import Manifest  # noqa: E402
from mirror.runtime.session import Session  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
NARROW = "0.0625"
CLOSE = 1e-5
SIZE = (64, 96)
SHAPE = "1,3,96,64"


def net(arch: str, keypoints: int = 17, width: float = float(NARROW)) -> Any:
    """A narrow net with random weights, also where PyTorch would start with zeros and ones."""
    torch.manual_seed(1)
    made = ARCHS[arch].build(keypoints, SIZE, width)
    for name, value in made.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 1.5)
        elif name.endswith("running_mean"):
            value.normal_(0, 0.1)
    return made.eval()


pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.set_num_threads(1)


def command(*arguments: str) -> int:
    return main(["torch", *arguments, "--out", "mine", "--name", "pose"])


def refused(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 1) -> str:
    """The one line that a refusal prints; nothing was written."""
    capsys.readouterr()
    assert command(*arguments) == code
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert not Path("mine").exists()
    return line


KEYS: dict[str, dict[str, tuple[int, ...]]] = {
    "fastpose-50": {
        "preact.conv1.weight": (64, 3, 7, 7), "preact.layer1.0.se.fc.0.weight": (256, 256),
        "preact.layer1.0.se.fc.2.bias": (256,), "preact.layer3.5.bn3.running_mean": (1024,),
        "preact.layer4.0.downsample.0.weight": (2048, 1024, 1, 1), "duc1.conv.weight": (1024, 512, 3, 3),
        "duc2.bn.weight": (512,), "conv_out.weight": (17, 128, 3, 3), "conv_out.bias": (17,),
    },
    "hrnet-w32": {
        "conv2.weight": (64, 64, 3, 3), "layer1.0.downsample.1.running_var": (256,),
        "transition1.0.0.weight": (32, 256, 3, 3), "transition1.1.0.0.weight": (64, 256, 3, 3),
        "transition3.3.0.1.bias": (256,), "stage2.0.fuse_layers.0.1.0.weight": (32, 64, 1, 1),
        "stage3.3.branches.2.3.conv2.weight": (128, 128, 3, 3), "stage4.0.fuse_layers.3.0.1.0.weight": (32, 32, 3, 3),
        "stage4.2.fuse_layers.0.3.1.weight": (32,), "final_layer.weight": (17, 32, 1, 1),
    },
    "rtmpose-m": {
        "backbone.stem.0.conv.weight": (24, 3, 3, 3), "backbone.stage1.0.bn.weight": (96,),
        "backbone.stage1.1.main_conv.conv.weight": (48, 96, 1, 1),
        "backbone.stage2.1.blocks.3.conv2.depthwise_conv.conv.weight": (96, 1, 5, 5),
        "backbone.stage3.1.attention.fc.bias": (384,), "backbone.stage4.1.conv2.conv.weight": (768, 1536, 1, 1),
        "backbone.stage4.2.blocks.1.conv2.pointwise_conv.bn.running_var": (384,),
        "head.final_layer.weight": (17, 768, 7, 7), "head.mlp.0.g": (1,), "head.mlp.1.weight": (256, 48),
        "head.gau.ln.g": (1,), "head.gau.uv.weight": (1152, 256), "head.gau.gamma": (2, 128),
        "head.gau.o.weight": (256, 512), "head.gau.res_scale.scale": (256,), "head.cls_x.weight": (384, 256),
        "head.cls_y.weight": (512, 256),
    },
}
"""Keys and shapes of the public checkpoints, from the code that made them."""

PARAMETERS_M = {"hrnet-w32": 28.5, "rtmpose-t": 3.34, "rtmpose-s": 5.47, "rtmpose-m": 13.59, "rtmpose-l": 27.66}
"""As published: HRNet's paper, table 1; RTMPose's model zoo."""


@pytest.mark.parametrize("arch", KEYS)
def test_an_architecture_has_the_keys_and_shapes_of_the_public_checkpoints(arch: str) -> None:
    with torch.device("meta"):
        state = ARCHS[arch].build(17, (192, 256), 1.0).state_dict()
    assert {key: tuple(state[key].shape) for key in KEYS[arch]} == KEYS[arch]
    assert "preact.layer1.1.se.fc.0.weight" not in state
    assert "stage4.2.fuse_layers.1.0.0.0.weight" not in state


@pytest.mark.parametrize("arch", PARAMETERS_M)
def test_an_architecture_has_as_many_parameters_as_published(arch: str) -> None:
    with torch.device("meta"):
        made = ARCHS[arch].build(17, (192, 256), 1.0)
    millions = sum(p.numel() for p in made.parameters()) / 1e6
    assert millions == pytest.approx(PARAMETERS_M[arch], abs=0.05 if arch == "hrnet-w32" else 0.005)


def test_the_command_offers_every_architecture() -> None:
    assert set(ARCH_NAMES) == set(ARCHS)


@pytest.mark.parametrize(
    ("arch", "wrapped"), [("fastpose-50", "module."), ("rtmpose-t", "_orig_mod.")]
)
def test_a_state_dict_becomes_a_model_that_the_mirror_opens(arch: str, wrapped: str) -> None:
    width = "0.25" if arch == "rtmpose-t" else NARROW
    made = net(arch, 26, float(width))
    state = {wrapped + key: value for key, value in made.state_dict().items() if "num_batches" not in key}
    torch.save({"state_dict": state, "epoch": 3} if arch == "rtmpose-t" else state, "w.pth")
    assert command("w.pth", "--arch", arch, "--keypoints", "26", "--width", width, "--shape", SHAPE) == 0
    card = Manifest.load(Path("mine"))["pose"]
    assert card.options["skeleton"] == "halpe-26"
    assert float(card.accuracy["difference_to_own_framework"]) < CLOSE
    feed = np.random.default_rng(2).normal(size=(1, 3, 96, 64)).astype(np.float32)
    with torch.no_grad():
        wanted = made(torch.from_numpy(feed))
    ours = Session(card).run(feed)
    for mine, theirs in zip(ours, wanted if isinstance(wanted, tuple) else [wanted], strict=True):
        np.testing.assert_allclose(mine, theirs.numpy(), atol=CLOSE * float(theirs.abs().max()))
    shapes = [list(o.shape) for o in card.outputs]
    assert shapes == ([[1, 26, 128], [1, 26, 192]] if arch == "rtmpose-t" else [[1, 26, 24, 16]])
    assert card.decoder == ("simcc" if arch == "rtmpose-t" else "heatmap")


def test_hrnet_with_one_exchange_a_stage_gives_what_pytorch_gives(tmp_path: Path) -> None:
    torch.manual_seed(4)
    made = HRNet(keypoints=19, channels=2, width=1 / 16, modules=(1, 1, 1)).eval()
    model, _ = to_onnx(made, torch.randn(1, 3, 64, 64), ["heatmaps"])
    feed = np.random.default_rng(0).normal(size=(1, 3, 64, 64)).astype(np.float32)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    with torch.no_grad():
        wanted = made(torch.from_numpy(feed)).numpy()
    assert wanted.shape == (1, 19, 16, 16)
    np.testing.assert_allclose(session.run(None, {"image": feed})[0], wanted, atol=CLOSE)
    assert all(node.name for node in model.graph.node)


def test_safetensors_hold_the_same_weights_in_every_kind_of_number() -> None:
    made = net("fastpose-50")
    state = {key: value.to(torch.bfloat16) if key == "conv_out.bias" else value
             for key, value in made.state_dict().items()}
    table, data = {}, b""
    for key, value in state.items():
        raw = value.contiguous().view(torch.uint8).numpy().tobytes() if value.ndim else value.numpy().tobytes()
        kind = {torch.float32: "F32", torch.bfloat16: "BF16", torch.int64: "I64"}[value.dtype]
        table[key] = {"dtype": kind, "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    head = json.dumps({"__metadata__": {"made": "here"}, **table}).encode()
    Path("w.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + data)
    assert command("w.safetensors", "--arch", "fastpose-50", "--width", NARROW, "--shape", SHAPE) == 0
    made.load_state_dict(state)
    feed = np.ones((1, 3, 96, 64), np.float32)
    with torch.no_grad():
        wanted = made(torch.from_numpy(feed)).numpy()
    np.testing.assert_allclose(Session(Manifest.load(Path("mine"))["pose"]).run(feed)[0], wanted, atol=CLOSE)


def test_weights_of_another_net_are_refused_by_the_names_of_their_keys(capsys: pytest.CaptureFixture[str]) -> None:
    state = net("fastpose-50").state_dict()
    arch = ("--arch", "fastpose-50", "--width", NARROW, "--shape", SHAPE)
    torch.save({key: value for key, value in state.items() if not key.startswith("duc1.bn")}, "less.pth")
    assert "4 missing (duc1.bn.weight, duc1.bn.bias, duc1.bn.running_mean, ...)" in refused(capsys, "less.pth", *arch)
    torch.save({**state, "loss.weight": torch.ones(1)}, "more.pth")
    assert "1 unknown (loss.weight)" in refused(capsys, "more.pth", *arch)
    line = refused(capsys, "more.pth", *arch, "--keypoints", "26")
    assert "2 of another shape (conv_out.weight is [17, 8, 3, 3], the net's is [26, 8, 3, 3], conv_out.bias" in line
    torch.save({"preact.conv1.weight": 3}, "numbers.pth")
    assert "'preact.conv1.weight' is a int, no tensor" in refused(capsys, "numbers.pth", *arch)
    torch.save([1, 2], "list.pth")
    assert "holds a list, no state dict" in refused(capsys, "list.pth", *arch)


class Listing(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        return [x, x]


class Mark:
    """Leaves a file behind when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return open, ("executed", "w")


@pytest.mark.parametrize("legacy", [False, True])
def test_a_pickle_that_is_no_state_dict_is_refused_and_not_executed(
    capsys: pytest.CaptureFixture[str], legacy: bool
) -> None:
    torch.save({"state_dict": {}, "more": Mark()}, "w.pth", _use_new_zipfile_serialization=not legacy)
    line = refused(capsys, "w.pth", "--arch", "fastpose-50")
    assert "holds more than tensors" in line
    assert "--trust" in line
    assert not Path("executed").exists()
    with open("plain.pth", "wb") as file:
        pickle.dump({"more": Mark()}, file)
    refused(capsys, "plain.pth", "--arch", "fastpose-50")
    assert not Path("executed").exists()


def test_a_whole_net_or_torchscript_is_exported_only_with_trust(capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(3)
    made = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU()).eval()
    feed = np.random.default_rng(0).normal(size=(1, 3, 8, 8)).astype(np.float32)
    with torch.no_grad():
        wanted = made(torch.from_numpy(feed)).numpy()
    torch.save(made, "whole.pt")
    torch.jit.script(torch.nn.Sequential(torch.nn.Linear(2, 2), Listing())).save("listing.pt")
    line = refused(capsys, "listing.pt", "--shape", "1,2", "--trust")
    assert "must return a tensor or a tuple" in line
    torch.jit.script(made).save("script.pt")
    for name, said in (("whole.pt", "torch.nn.modules.container.Sequential"), ("script.pt", "is TorchScript")):
        line = refused(capsys, name, "--shape", "1,3,8,8")
        assert said in line
        assert "--trust" in line
        assert command(name, "--shape", "1,3,8,8", "--trust", "--output", "maps") == 0
        card = Manifest.load(Path("mine"))["pose"]
        assert card.outputs[0].name == "maps"
        np.testing.assert_allclose(Session(card).run(feed)[0], wanted, atol=CLOSE)
        for place in sorted(Path("mine").rglob("*"), reverse=True):
            place.unlink() if place.is_file() else place.rmdir()
        Path("mine").rmdir()


FACTORY = """
import torch

class Two(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.nn.Linear(4, 2)
    def forward(self, x):
        return {"a": self.a(x), "more": [x * 2, x[:, :1]]}

def build():
    return Two()

def wrong():
    return 3

def broken():
    raise KeyError("no such width")
"""


def test_a_net_of_the_users_own_code_takes_weights_and_may_have_several_outputs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("shop_nets.py").write_text(FACTORY)
    weights = {"a.weight": torch.arange(8.0).reshape(2, 4), "a.bias": torch.tensor([1.0, -1.0])}
    torch.save(weights, "w.pt")
    assert "returned a int" in refused(capsys, "--factory", "shop_nets:wrong", "--shape", "1,4")
    assert "KeyError: 'no such width'" in refused(capsys, "--factory", "shop_nets:broken", "--shape", "1,4")
    assert "No module named" in refused(capsys, "--factory", "nowhere:build", "--shape", "1,4")
    line = refused(capsys, "--factory", "shop_nets:build", "--shape", "1,4", "--output", "a", code=2)
    assert "the net has 3 outputs, 1 are named" in line
    assert command("w.pt", "--factory", "shop_nets:build", "--shape", "1,4") == 0
    card = Manifest.load(Path("mine"))["pose"]
    assert [o.name for o in card.outputs] == ["output0", "output1", "output2"]
    made = Session(card).run(np.array([[1, 0, 0, 2]], np.float32))
    np.testing.assert_allclose(made[0], [[7, 17]], atol=1e-6)
    np.testing.assert_allclose(made[1], [[2, 0, 0, 4]], atol=1e-6)


@pytest.mark.parametrize("kept", [0, 20, 0.5, 0.95])
@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors", "script"])
def test_a_file_cut_short_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], kind: str, kept: float
) -> None:
    source = Path("whole")
    state = {"a": torch.ones(400), "b": torch.ones(400)}
    if kind == "script":
        torch.jit.script(torch.nn.Linear(4, 4)).save(str(source))
    elif kind == "safetensors":
        head = json.dumps({"a": {"dtype": "F32", "shape": [400], "data_offsets": [0, 1600]}}).encode()
        source.write_bytes(struct.pack("<Q", len(head)) + head + bytes(1600))
    else:
        torch.save(state, source, _use_new_zipfile_serialization=kind == "zip")
    data = source.read_bytes()
    Path("cut.pt").write_bytes(data[:int(kept if kept >= 1 else kept * len(data))])
    line = refused(capsys, "cut.pt", "--arch", "fastpose-50")
    assert ("the file is empty" if kept == 0 else "broken") in line


@pytest.mark.parametrize(("arguments", "said"), [
    ((), "say which file holds the weights"),
    (("w.pth",), "say the input's shape"),
    (("w.pth", "--arch", "fastpose-50", "--shape", "1,3,100,64"), "multiples of 32"),
    (("w.pth", "--arch", "fastpose-50", "--mean", "1,2"), "one for each channel"),
    (("w.pth", "--shape", "1,3,8,8", "--width", "2"), "belong to --arch"),
    (("w.pth", "--factory", "nonsense", "--shape", "1,4"), "write MODULE:FUNCTION"),
    (("w.pth", "--shape", "1,3,8,8"), "holds weights alone"),
])
def test_wrong_use_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    torch.save({"a": torch.ones(1)}, "w.pth")
    assert said in refused(capsys, *arguments, code=2)


def test_without_pytorch_one_line_says_what_to_install(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['torch'] = None\n"
        "from export.__main__ import main\n"
        "sys.exit(main(['torch', 'w.pth', '--arch', 'hrnet-w32', '--out', 'mine', '--name', 'pose']))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "needs the package 'torch'" in done.stderr
    assert "smart-mirror[export]" in done.stderr
