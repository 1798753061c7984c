"""An exported embedding's weights back in the net that trains: norms were folded into their convolutions, so they come
back as norms that do nothing but add a bias."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from export.backbone import ConvNorm
from export.embedding.net import GarmentEmbedding


def load_onnx(net: GarmentEmbedding, path: Path) -> None:
    """Read the float ONNX file of an earlier embedding into ``net``, convolutions by their order in the graph.

    Raises ValueError when the file has other layers or other shapes.
    """
    graph = onnx.load(path).graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    found = [
        [numpy_helper.to_array(stored[name]) for name in node.input[1:]]
        for node in graph.node if node.op_type == "Conv" and len(node.input) == 3 and node.input[1] in stored
    ]
    backbone = net.backbone
    assert backbone.head is not None
    layers: list[nn.Module] = []
    for part in (backbone.stem, backbone.blocks):
        layers += [m for m in part.modules() if isinstance(m, ConvNorm)]
    layers += [m for m in net.saliency.modules() if isinstance(m, nn.Conv2d)]
    layers.append(backbone.head)
    if len(found) != len(layers):
        raise ValueError(f"{path}: {len(found)} convolutions where {len(layers)} are needed")
    with torch.no_grad():
        for layer, (weight, bias) in zip(layers, found, strict=True):
            (conv,) = (m for m in layer.modules() if isinstance(m, nn.Conv2d))
            if conv.weight.shape != weight.shape:
                raise ValueError(f"{path}: a convolution is {weight.shape} where {tuple(conv.weight.shape)} is needed")
            conv.weight.copy_(torch.tensor(weight))
            if layer is conv:
                assert conv.bias is not None
                conv.bias.copy_(torch.tensor(bias))
                continue
            (norm,) = (m for m in layer.children() if isinstance(m, nn.BatchNorm2d))
            assert norm.running_mean is not None
            assert norm.running_var is not None
            norm.running_mean.zero_()
            norm.running_var.fill_(1 - norm.eps)
            norm.weight.fill_(1)
            norm.bias.copy_(torch.tensor(bias))
        (centres,) = (
            numpy_helper.to_array(stored[node.input[1]]) for node in graph.node
            if node.op_type == "Conv" and len(node.input) == 2 and node.input[1] in stored
        )
        net.colour.centres.copy_(torch.tensor(centres[:, :, 0, 0] / 2))
        for name in ("look.weight", "look.bias", "kind.weight", "kind.bias", "kinds"):
            net.get_parameter(name).copy_(torch.tensor(numpy_helper.to_array(stored[name])))


def read_state(path: Path) -> dict[str, Tensor]:
    """The weights of a run's ``last.pt``, or of a float ONNX file."""
    if path.suffix != ".onnx":
        state: dict[str, Tensor] = torch.load(path, weights_only=True)["model"]
        return state
    net = GarmentEmbedding()
    load_onnx(net, path)
    return net.state_dict()
