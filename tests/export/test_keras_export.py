"""Keras files made by Keras itself, and by hand in Keras 2's layout, through the converter: the same numbers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras", reason="the files are made by it, and compared with it")
h5py = pytest.importorskip("h5py", reason="the weights are read with it")
pytest.importorskip("torch", reason="Keras runs on it")

import onnxruntime  # noqa: E402

from export.__main__ import main  # noqa: E402
from export.keras_.convert import convert  # noqa: E402
from export.keras_.reference import keras_reference  # noqa: E402
from export.tfjs.graph import ConversionError  # noqa: E402
from mirror.runtime.manifest import Manifest  # noqa: E402
from mirror.runtime.session import Session  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras.*", "ignore::UserWarning:keras.*")
L = keras.layers
ROOT = Path(__file__).resolve().parents[2]
CLOSE = 1e-5
KERAS_2 = Path(__file__).with_name("keras2")
Suffix = pytest.mark.parametrize("suffix", [".h5", ".keras"])


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(3)


def with_weights(model: Any, random: np.random.Generator) -> Any:
    """Random weights everywhere, also where Keras would start with zeros and ones."""
    for variable in model.weights:
        low = 0.5 if variable.name in ("moving_variance", "variance", "gamma") else -0.5
        variable.assign(random.uniform(low, low + 1, variable.shape))
    return model


def run(path: Path, feed: np.ndarray, **options: Any) -> list[np.ndarray]:
    data = convert(path, **options).SerializeToString()
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return list(session.run(None, {"image": feed}))


def check(model: Any, path: Path, random: np.random.Generator) -> None:
    """The file of ``model`` gives what Keras gives, on random pixels."""
    model.save(path)
    shape = [size or 1 for size in model.inputs[0].shape]
    feed = random.uniform(-1, 1, shape).astype(np.float32)
    wanted = model(feed, training=False)
    for ours, theirs in zip(run(path, feed), wanted if isinstance(wanted, list) else [wanted], strict=True):
        theirs = keras.ops.convert_to_numpy(theirs)
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, atol=CLOSE * max(1, np.abs(theirs).max()))


def seed_face_net(width: int = 4) -> Any:
    """The seed's face route in small: residual blocks with batch normalisation, pooled, and a head for BMI."""
    picture = keras.Input((32, 32, 3))
    x = L.ZeroPadding2D(3)(picture)
    x = L.Conv2D(width, 7, strides=2, name="conv1_conv")(x)
    x = L.Activation("relu")(L.BatchNormalization(epsilon=1.001e-5, name="conv1_bn")(x))
    x = L.MaxPooling2D(3, strides=2)(L.ZeroPadding2D(1)(x))
    for stride in (1, 2):
        short = L.BatchNormalization()(L.Conv2D(4 * width, 1, strides=stride)(x))
        y = L.Activation("relu")(L.BatchNormalization()(L.Conv2D(width, 1, strides=stride)(x)))
        y = L.Activation("relu")(L.BatchNormalization()(L.Conv2D(width, 3, padding="same")(y)))
        x = L.Activation("relu")(L.Add()([short, L.BatchNormalization()(L.Conv2D(4 * width, 1)(y))]))
    x = L.Dropout(0.3)(L.GlobalAveragePooling2D()(x))
    return keras.Model(picture, L.Dense(1, name="bmi")(L.Dense(8, activation="relu")(x)))


@Suffix
def test_the_seeds_face_net_gives_what_keras_gives_and_no_batch_norm_is_left(
    tmp_path: Path, random: np.random.Generator, suffix: str
) -> None:
    check(with_weights(seed_face_net(), random), tmp_path / f"net{suffix}", random)
    model = convert(tmp_path / f"net{suffix}")
    ops = [node.op_type for node in model.graph.node]
    assert "BatchNormalization" not in ops
    assert "Mul" not in ops
    assert ops.count("Transpose") == 1
    names = [node.name for node in model.graph.node]
    assert all(names)
    assert len(set(names)) == len(names)
    assert [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim] == [1, 32, 32, 3]


LAYERS: dict[str, Callable[[Any], Any]] = {
    "strided same": lambda x: L.Conv2D(5, 3, strides=2, padding="same", activation="relu6")(x),
    "grouped dilated": lambda x: L.Conv2D(6, 3, dilation_rate=2, groups=2, use_bias=False)(L.Conv2D(4, 1)(x)),
    "depthwise": lambda x: L.DepthwiseConv2D((3, 2), strides=2, padding="same", depth_multiplier=2)(x),
    "separable": lambda x: L.SeparableConv2D(5, 3, strides=2, depth_multiplier=2, activation="tanh")(x),
    "lone batch norm": lambda x: L.BatchNormalization(scale=False)(L.BatchNormalization(center=False)(x)),
    "average pooling": lambda x: L.AveragePooling2D((3, 2), strides=2, padding="valid")(x),
    "max pooling": lambda x: L.MaxPooling2D((2, 3))(x),
    "global max": lambda x: L.GlobalMaxPooling2D()(L.Conv2D(4, 3)(x)),
    "global average kept": lambda x: L.GlobalAveragePooling2D(keepdims=True)(L.Conv2D(4, 3)(x)),
    "squeeze and excite": lambda x: L.Multiply()(
        [L.Conv2D(4, 1)(x), L.Dense(4, activation="sigmoid")(L.GlobalAveragePooling2D(keepdims=True)(x))]
    ),
    "concatenate": lambda x: L.Concatenate()([L.Conv2D(2, 1)(x), x, L.MaxPooling2D(1)(x)]),
    "average of three": lambda x: L.Average()([x, L.Conv2D(3, 1)(x), L.ReLU()(x)]),
    "subtract": lambda x: L.Subtract()([x, L.ReLU()(x)]),
    "maximum and minimum": lambda x: L.Maximum()([L.Minimum()([x, L.Conv2D(3, 1)(x)]), L.Conv2D(3, 1)(x)]),
    "flatten after a convolution": lambda x: L.Dense(3, activation="softmax")(L.Flatten()(L.Conv2D(4, 3)(x))),
    "reshape and dense": lambda x: L.Dense(4)(L.Reshape((-1, 6))(L.Conv2D(2, 1)(x))),
    "permute": lambda x: L.Permute((3, 1, 2))(L.Conv2D(4, 3)(x)),
    "uneven padding and cropping": lambda x: L.Cropping2D(((0, 1), (2, 1)))(
        L.ZeroPadding2D(((1, 2), (3, 0)))(L.Conv2D(4, 3)(x))
    ),
    "upsampling": lambda x: L.UpSampling2D((2, 3))(L.UpSampling2D(2, interpolation="bilinear")(x)),
    "rescaling and noise": lambda x: L.Rescaling(1 / 127.5, offset=-1.0)(L.GaussianNoise(0.1)(x)),
    "rescaling per channel": lambda x: L.Conv2D(2, 1)(L.Rescaling([0.5, 0.25, 1.0], offset=[0.0, 0.1, 0.2])(x)),
    "relu with bounds": lambda x: L.ReLU(max_value=0.4)(L.ReLU(negative_slope=0.2, max_value=0.7)(x)),
    "leaky": lambda x: L.LeakyReLU()(L.Activation("leaky_relu")(x)),
    "elu": lambda x: L.ELU(0.7)(L.Activation("elu")(x)),
    "prelu": lambda x: L.PReLU()(L.PReLU(shared_axes=[1, 2])(L.Conv2D(4, 3)(x))),
    "softmax": lambda x: L.Softmax()(L.Conv2D(4, 3)(x)),
    "hard": lambda x: L.Activation("hard_sigmoid")(L.Activation("hard_silu")(x)),
    "smooth": lambda x: L.Activation("gelu")(L.Activation("silu")(L.Activation("softplus")(x))),
    "normalization": lambda x: L.Normalization()(x),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_gives_what_keras_gives(tmp_path: Path, random: np.random.Generator, name: str) -> None:
    picture = keras.Input((9, 12, 3))
    check(with_weights(keras.Model(picture, LAYERS[name](picture)), random), tmp_path / "net.keras", random)


def test_average_pooling_leaves_uneven_padding_out_as_tensorflow_does(
    tmp_path: Path, random: np.random.Generator
) -> None:
    """Keras on PyTorch pads by repeating the border here: TensorFlow 2.15 gives what this test wants."""
    picture, path = keras.Input((4, 4, 1)), tmp_path / "net.keras"
    keras.Model(picture, L.AveragePooling2D(3, strides=2, padding="same")(picture)).save(path)
    feed = random.uniform(0, 1, (1, 4, 4, 1)).astype(np.float32)
    x = feed[0, :, :, 0]
    wanted = [[x[:3, :3].mean(), x[:3, 2:].mean()], [x[2:, :3].mean(), x[2:, 2:].mean()]]
    np.testing.assert_allclose(run(path, feed)[0][0, :, :, 0], wanted, atol=CLOSE)


@Suffix
def test_nested_shared_and_sequential_models_keep_their_calls_apart(
    tmp_path: Path, random: np.random.Generator, suffix: str
) -> None:
    inner_picture = keras.Input((8, 8, 3))
    inner = keras.Model(inner_picture, L.BatchNormalization()(L.Conv2D(3, 3, padding="same")(inner_picture)))
    chain = keras.Sequential([keras.Input((8, 8, 3)), L.Conv2D(3, 3, padding="same"), L.Conv2D(3, 1)])
    shared = L.Conv2D(3, 1)
    picture = keras.Input((8, 8, 3))
    once, twice = shared(picture), inner(inner(picture))
    out = chain(L.Add()([shared(twice), once]))
    model = keras.Model(picture, [chain(out), twice, L.GlobalMaxPooling2D()(once)])
    check(with_weights(model, random), tmp_path / f"net{suffix}", random)


@Suffix
def test_layers_of_one_class_keep_their_own_weights_whatever_they_are_called(
    tmp_path: Path, random: np.random.Generator, suffix: str
) -> None:
    layers = [L.Conv2D(3, 1, name=name) for name in ("conv2d_2", "z", "conv2d", "conv2d_1")]
    check(with_weights(keras.Sequential([keras.Input((4, 4, 3)), *layers]), random), tmp_path / f"n{suffix}", random)


def keras2_layout(model: Any, path: Path, *, split: bool = False) -> None:
    """``model`` as Keras 2 wrote it: lists for calls, ``batch_input_shape``, weights called ``a/kernel:0``."""
    layers = []
    with h5py.File(path, "w") as file:
        weights = file.create_group("model_weights")
        for layer in model.layers:
            config = dict(layer.get_config())
            config.pop("dtype", None)
            if isinstance(layer, L.InputLayer):
                config = {"batch_input_shape": config["batch_shape"], "dtype": "float32", "sparse": False,
                          "ragged": False, "name": layer.name}
            calls = [[[parent.name, 0, 0, {}] for parent in _parents(layer)]] if _parents(layer) else []
            layers.append({"class_name": type(layer).__name__, "config": config, "name": layer.name,
                           "inbound_nodes": calls})
            group = weights.create_group(layer.name)
            names = []
            for variable in [*layer.trainable_weights, *layer.non_trainable_weights]:
                kind = "depthwise_kernel" if isinstance(layer, L.DepthwiseConv2D) and variable.name == "kernel" else (
                    variable.name
                )
                names.append(f"{layer.name}/{kind}:0".encode())
                group[names[-1].decode()] = np.asarray(variable.numpy() if hasattr(variable, "numpy") else variable)
            if split:
                group.attrs["weight_names0"], group.attrs["weight_names1"] = names[:1], names[1:]
            else:
                group.attrs["weight_names"] = names
        weights.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        weights.attrs["keras_version"], weights.attrs["backend"] = b"2.15.0", b"tensorflow"
        file.attrs["keras_version"], file.attrs["backend"] = b"2.15.0", b"tensorflow"
        file.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": {
            "name": "model", "trainable": True, "layers": layers,
            "input_layers": [[model.layers[0].name, 0, 0]], "output_layers": [[model.layers[-1].name, 0, 0]],
        }}).encode()


def _parents(layer: Any) -> list[Any]:
    return [] if isinstance(layer, L.InputLayer) else [n.operation for n in layer._inbound_nodes[0].parent_nodes]


def test_a_file_in_keras_2s_layout_gives_what_keras_3_reads_from_it(
    tmp_path: Path, random: np.random.Generator
) -> None:
    model, path = with_weights(seed_face_net(), random), tmp_path / "old.h5"
    keras2_layout(model, path)
    feed = random.uniform(0, 1, (1, 32, 32, 3)).astype(np.float32)
    wanted = keras.ops.convert_to_numpy(model(feed, training=False))
    read_back = keras.ops.convert_to_numpy(keras.models.load_model(path, compile=False)(feed, training=False))
    np.testing.assert_array_equal(wanted, read_back)
    np.testing.assert_allclose(run(path, feed)[0], wanted, atol=CLOSE)
    assert [o.name for o in convert(path).graph.output] == ["bmi"]


def test_keras_2_had_another_hard_sigmoid_and_another_name_for_depthwise_kernels(
    tmp_path: Path, random: np.random.Generator
) -> None:
    picture = keras.Input((6, 6, 3))
    model = with_weights(keras.Model(picture, L.Activation("hard_sigmoid")(L.DepthwiseConv2D(3)(picture))), random)
    keras2_layout(model, tmp_path / "old.h5", split=True)
    before = keras.Model(picture, model.layers[1].output)
    feed = random.uniform(-1, 1, (1, 6, 6, 3)).astype(np.float32)
    x = keras.ops.convert_to_numpy(before(feed))
    np.testing.assert_allclose(run(tmp_path / "old.h5", feed)[0], np.clip(0.2 * x + 0.5, 0, 1), atol=CLOSE)


@Suffix
def test_a_file_that_keras_2_itself_wrote_gives_what_tensorflow_computed(suffix: str) -> None:
    expected = np.load(KERAS_2 / "expected.npz")
    np.testing.assert_allclose(run(KERAS_2 / f"net{suffix}", expected["image"])[0], expected["bmi"], atol=1e-6)


@Suffix
def test_nested_models_of_keras_2_are_read_by_the_reference_too(suffix: str) -> None:
    expected = np.load(KERAS_2 / "expected.npz")
    # its hard_sigmoid is another one: near, not the same
    found = keras_reference(KERAS_2 / f"net{suffix}")(expected["image"])[0]
    np.testing.assert_allclose(found, expected["bmi"], atol=0.1)


def test_an_open_input_takes_the_shape_that_is_asked_for_and_only_one_that_it_allows(
    tmp_path: Path, random: np.random.Generator
) -> None:
    picture, path = keras.Input((None, None, 3)), tmp_path / "open.keras"
    keras.Model(picture, L.GlobalAveragePooling2D()(L.Conv2D(2, 3)(picture))).save(path)
    with pytest.raises(ConversionError, match=r"shape is open.*--shape"):
        convert(path)
    with pytest.raises(ConversionError, match="not what the input allows"):
        convert(path, shape=[1, 8, 8, 4])
    assert run(path, np.zeros((1, 8, 10, 3), np.float32), shape=[1, 8, 10, 3])[0].shape == (1, 2)


def command(source: Path, out: Path, *more: str) -> int:
    return main(["keras", str(source), "--out", str(out), "--name", "face-bmi", *more])


def test_the_command_writes_a_model_that_the_mirror_opens(
    tmp_path: Path, random: np.random.Generator, capsys: pytest.CaptureFixture[str]
) -> None:
    net = with_weights(seed_face_net(), random)
    net.save(tmp_path / "net.h5")
    # a suffix says nothing: what the file is, its first bytes tell
    (tmp_path / "net.h5").rename(tmp_path / "net.model")
    code = command(tmp_path / "net.model", tmp_path / "mine", "--task", "BMI from a face", "--scale", str(1 / 255),
                   "--licence", "our own", "--output", "kg_per_m2")
    assert code == 0
    assert "of Keras" in capsys.readouterr().out
    card = Manifest.load(tmp_path / "mine")["face-bmi"]
    assert (card.layout, card.decoder, card.outputs[0].name) == ("NHWC", "regression", "kg_per_m2")
    assert card.scale == pytest.approx(1 / 255)
    assert float(card.accuracy["difference_to_own_framework"]) < CLOSE
    feed = random.uniform(0, 1, (1, 32, 32, 3)).astype(np.float32)
    wanted = keras.ops.convert_to_numpy(net(feed, training=False))
    np.testing.assert_allclose(Session(card).run(feed)[0], wanted, atol=CLOSE)


def _rewritten(source: Path, out: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A .keras archive with another configuration."""
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            if name == "config.json":
                config = json.loads(data)
                change(config)
                data = json.dumps(config).encode()
            after.writestr(name, data)
    return out


def _named(config: dict[str, Any], name: str) -> dict[str, Any]:
    return next(layer for layer in config["config"]["layers"] if layer["config"]["name"] == name)


def _lambda(config: dict[str, Any]) -> None:
    _named(config, "bmi").update(class_name="Lambda", module="keras.layers")


def _foreign(config: dict[str, Any]) -> None:
    _named(config, "bmi").update(class_name="Head", module="shop.layers", registered_name="shop>Head")


def _foreign_initialiser(config: dict[str, Any]) -> None:
    _named(config, "bmi")["config"]["kernel_initializer"] = {"module": "os", "class_name": "system", "config": "true"}


def _wider(config: dict[str, Any]) -> None:
    _named(config, "conv1_conv")["config"]["filters"] = 5


def _fewer_weights(config: dict[str, Any]) -> None:
    _named(config, "bmi")["config"]["use_bias"] = False


def _unlinked(config: dict[str, Any]) -> None:
    node = _named(config, "bmi")["inbound_nodes"][0]["args"][0]
    node["config"]["keras_history"][0] = "nowhere"


BROKEN: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "lambda": (_lambda, "layer 'bmi' is a Lambda"),
    "a class of one's own": (_foreign, "layer 'bmi' is of class shop.layers.Head"),
    "code as initialiser": (_foreign_initialiser, "os.system"),
    "wrong shape": (_wider, "layer 'conv1_conv' (Conv2D): weight 'kernel' is [7, 7, 3, 4], not [7, 7, 3, 5]"),
    "a weight too many": (_fewer_weights, "layer 'bmi': the file has 2 weights, the layer has 1"),
    "unknown input": (_unlinked, "layer 'bmi' reads 'nowhere'"),
    "unknown layer": (lambda c: _named(c, "bmi").update(class_name="GRU"), "layers of class GRU are not supported"),
    "no network": (lambda c: c.clear(), "the configuration is not one that Keras writes"),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    net = with_weights(seed_face_net(), np.random.default_rng(5))
    net.save(folder / "net.keras")
    net.save(folder / "net.h5")
    return folder


def refused(source: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that a refusal prints; nothing was written."""
    capsys.readouterr()
    assert command(source, out) == 1
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert not out.exists()
    return line


@pytest.mark.parametrize("what", BROKEN)
def test_a_configuration_that_cannot_be_trusted_or_does_not_fit_is_refused_in_one_line(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    change, said = BROKEN[what]
    source = _rewritten(saved / "net.keras", tmp_path / "broken.keras", change)
    assert said in refused(source, tmp_path / "mine", capsys)


def test_a_lambda_layer_as_keras_saves_it_is_refused_and_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture, mark = keras.Input((4, 4, 3)), str(tmp_path / "executed")
    model = keras.Model(picture, L.Lambda(lambda x: [open(mark, "w"), x][1])(picture))  # noqa: SIM115
    Path(mark).unlink()
    for suffix in (".h5", ".keras"):
        model.save(tmp_path / f"net{suffix}")
        assert "is a Lambda" in refused(tmp_path / f"net{suffix}", tmp_path / "mine", capsys)
        assert not Path(mark).exists()


@Suffix
@pytest.mark.parametrize("kept", [0, 7, 0.5, 0.9])
def test_a_file_cut_short_is_refused_in_one_line(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str, kept: float
) -> None:
    data = (saved / f"net{suffix}").read_bytes()
    source = tmp_path / f"cut{suffix}"
    source.write_bytes(data[:int(kept if kept >= 1 else kept * len(data))])
    assert "the file is" in refused(source, tmp_path / "mine", capsys)


def test_what_is_no_whole_keras_model_is_refused_in_one_line(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine"
    assert "no such file" in refused(tmp_path / "nowhere.h5", out, capsys)
    with zipfile.ZipFile(tmp_path / "other.keras", "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert "has no config.json" in refused(tmp_path / "other.keras", out, capsys)
    keras.models.load_model(saved / "net.h5", compile=False).save_weights(tmp_path / "net.weights.h5")
    assert "weights but no model" in refused(tmp_path / "net.weights.h5", out, capsys)
    with h5py.File(saved / "net.h5") as before, h5py.File(tmp_path / "less.h5", "w") as after:
        after.attrs.update(before.attrs)
        before.copy("model_weights", after)
        del after["model_weights/conv1_bn/conv1_bn/gamma"]
    assert "layer 'conv1_bn': weight 'conv1_bn/gamma' is not in the file" in refused(tmp_path / "less.h5", out, capsys)
    with h5py.File(tmp_path / "less.h5", "a") as file:
        del file["model_weights/bmi"]
        file["model_weights/bmi"] = h5py.ExternalLink(str(saved / "net.h5"), "/model_weights/bmi")
        before = h5py.File(saved / "net.h5")
        before.copy("model_weights/conv1_bn", file, name="restored")
        del file["model_weights/conv1_bn"]
        file.move("restored", "model_weights/conv1_bn")
    assert "layer 'bmi' lies in another file" in refused(tmp_path / "less.h5", out, capsys)


def test_a_tolerance_that_is_not_met_writes_nothing(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(saved / "net.h5", tmp_path / "mine", "--tolerance", "-1") == 1
    assert "differs from its own framework" in capsys.readouterr().err
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("module", "said"), [("h5py", "reading Keras files"), ("keras", "comparing with Keras itself")]
)
def test_without_a_package_one_line_says_what_to_install(saved: Path, tmp_path: Path, module: str, said: str) -> None:
    program = (
        f"import sys; sys.modules['{module}'] = None\n"
        "from export.__main__ import main\n"
        f"sys.exit(main(['keras', {str(saved / 'net.keras')!r}, '--out', {str(tmp_path / 'mine')!r}, '--name', 'net']))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"{said} needs the package '{module}'" in done.stderr
    assert not (tmp_path / "mine").exists()
