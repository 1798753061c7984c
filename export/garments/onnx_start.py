"""An exported detector's weights back in the net that trains: norms were folded into their convolutions, and one
convolution of the head stands in the file once for each level it is shared by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from export.backbone import PIXEL_MEAN, PIXEL_SCALE, ConvNorm, copy_checked, set_norm
from export.garments.net import HEAD_DEPTH, Branch, GarmentNet
from export.garments.photos import STRIDES
from export.onnx_file import stored_layers, stored_tensors

Layer = tuple[Tensor, Tensor]
"""Weight and bias of a convolution or of a linear layer."""


def load_onnx(net: GarmentNet, path: Path) -> None:
    """Read the float ONNX file of an earlier detector into ``net``, layers by their order in the graph.

    In eval mode ``net`` then does what the file does. Its norms in neck and head take any mean and spread for true
    until `calibrate` has seen pictures. The auxiliary mask head is in no file and stays as it is.

    Raises ValueError when the file has other layers or other shapes.
    """
    layers = iter(stored_layers(*stored_tensors(path), kinds=("Conv", "Gemm")))
    backbone, neck = net.backbone, net.neck
    try:
        with torch.no_grad():
            stem = next(layers)
            backbone.stem.set_folded(stem[0] * PIXEL_SCALE, stem[1] + stem[0].sum((1, 2, 3)) * PIXEL_MEAN)
            inner = [m for m in backbone.blocks.modules() if isinstance(m, ConvNorm)]
            for norm in inner[:-1]:
                norm.set_folded(*next(layers))
            lateral = [_pair(part) for part in neck.lateral.children()]
            for conv_norm in lateral[:-1]:
                _set([conv_norm], [next(layers)])
            _split(inner[-1], lateral[-1], next(layers))
            weight, bias = next(layers)
            copy_checked(neck.context.weight, weight)
            copy_checked(neck.context.bias, bias)
            for part in (
                neck.top_down[0], neck.narrow, neck.top_down[1],
                neck.down[0], neck.bottom_up[0], neck.down[1], neck.bottom_up[1],
            ):
                for pair in _pairs(part):
                    _set([pair], [next(layers)])
            for branch in (net.classify, net.regress):
                _set_branch(branch, lambda: next(layers))
    except StopIteration:
        raise ValueError(f"{path}: fewer layers than the detector has") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    if next(layers, None) is not None:
        raise ValueError(f"{path}: more layers than the detector has")


def read_weights(path: Path) -> tuple[dict[str, Tensor], bool]:
    """The averaged weights of a run's ``last.pt``, or those of a float ONNX file, and whether they came from such a
    file, so that `calibrate` is wanted before training."""
    if path.suffix != ".onnx":
        state: dict[str, Tensor] = torch.load(path, weights_only=True)["average"]
        return state, False
    net = GarmentNet()
    load_onnx(net, path)
    return net.state_dict(), True


@torch.no_grad()
def calibrate(net: GarmentNet, pictures: Iterable[Tensor]) -> None:
    """Give the norms of neck and head the mean and variance that ``pictures`` (batches as the net takes them) have
    there, and the gain and shift that undo them: what the net does in eval mode stays, and in training it hardly
    changes.
    """
    norms = [m for part in (net.neck, net.classify, net.regress) for m in part.modules()
             if isinstance(m, nn.BatchNorm2d)]
    sums = {norm: [torch.zeros(norm.num_features, dtype=torch.float64) for _ in range(2)] for norm in norms}
    counts = dict.fromkeys(norms, 0)

    def note(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(norm, nn.BatchNorm2d)
        x = inputs[0].double()
        sums[norm][0] += x.sum((0, 2, 3))
        sums[norm][1] += x.square().sum((0, 2, 3))
        counts[norm] += x.numel() // x.shape[1]

    hooks = [norm.register_forward_pre_hook(note) for norm in norms]
    was = net.training
    net.eval()
    for batch in pictures:
        net(batch)
    for hook in hooks:
        hook.remove()
    net.train(was)
    for norm in norms:
        assert norm.running_mean is not None
        assert norm.running_var is not None
        mean = (sums[norm][0] / counts[norm]).float()
        variance = (sums[norm][1] / counts[norm]).float() - mean.square()
        gain = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        shift = norm.bias - norm.running_mean * gain
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance.clamp(min=0))
        norm.weight.copy_(gain * torch.sqrt(norm.running_var + norm.eps))
        norm.bias.copy_(shift + mean * gain)


def _pair(part: nn.Module) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    (pair,) = _pairs(part)
    return pair


def _pairs(part: nn.Module) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    convs = [m for m in part.children() if isinstance(m, nn.Conv2d)]
    norms = [m for m in part.children() if isinstance(m, nn.BatchNorm2d)]
    return list(zip(convs, norms, strict=True))


def _set(pairs: Sequence[tuple[nn.Conv2d, nn.BatchNorm2d]], values: Sequence[Layer]) -> None:
    """One convolution, with a norm for each level that shares it, from what both together are on each level. Each
    channel is taken from the level where it is largest; on the others it is that times a gain."""
    conv = pairs[0][0]
    weights = torch.stack([weight for weight, _ in values])
    size = weights.flatten(2).square().sum(2)
    strongest = size.argmax(0)
    kernel = weights[strongest, torch.arange(weights.shape[1])]
    copy_checked(conv.weight, kernel)
    flat = kernel.flatten(1)
    for (_, norm), (weight, bias) in zip(pairs, values, strict=True):
        set_norm(norm, (weight.flatten(1) * flat).sum(1) / flat.square().sum(1).clamp(min=1e-20), bias)


def _split(last: ConvNorm, lateral: tuple[nn.Conv2d, nn.BatchNorm2d], value: Layer) -> None:
    """The backbone's last projection and the lateral after it, which the file has as one: as many channels of the
    projection as the lateral has carry it, the others are zero."""
    weight, bias = value
    conv, norm = lateral
    (projection,) = (m for m in last if isinstance(m, nn.Conv2d))
    narrow = weight.shape[0]
    whole = torch.zeros_like(projection.weight)
    if whole.shape[1:] != weight.shape[1:] or conv.weight.shape[0] != narrow:
        raise ValueError(f"a layer is {tuple(weight.shape)} where one of {conv.weight.shape[0]} channels is needed")
    whole[:narrow] = weight
    last.set_folded(whole, torch.zeros(whole.shape[0]))
    _set([(conv, norm)], [(torch.eye(narrow, conv.weight.shape[1])[:, :, None, None], bias)])


def _set_branch(branch: Branch, following: Callable[[], Layer]) -> None:
    of_conv: list[list[Layer]] = [[] for _ in range(2 * HEAD_DEPTH)]
    for level in range(len(STRIDES)):
        for values in of_conv:
            values.append(following())
        weight, bias = following()
        out = branch.out[level]
        assert isinstance(out, nn.Conv2d)
        assert out.bias is not None
        copy_checked(out.weight, weight)
        copy_checked(out.bias, bias)
    for i, values in enumerate(of_conv):
        conv = (branch.pointwise if i % 2 else branch.depthwise)[i // 2]
        assert isinstance(conv, nn.Conv2d)
        pairs = []
        for norms in branch.norms:
            assert isinstance(norms, nn.ModuleList)
            norm = norms[i]
            assert isinstance(norm, nn.BatchNorm2d)
            pairs.append((conv, norm))
        _set(pairs, values)
