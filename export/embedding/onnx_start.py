"""An exported embedding's weights back in the net that trains: norms were folded into their convolutions, so they come
back as norms that do nothing but add a bias."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from export.backbone import ConvNorm, copy_checked
from export.embedding.net import GarmentEmbedding
from export.onnx_file import stored_layers, stored_tensors


def load_onnx(net: GarmentEmbedding, path: Path) -> None:
    """Read the float ONNX file of an earlier embedding into ``net``, convolutions by their order in the graph.

    Raises ValueError when the file has other layers or other shapes.
    """
    graph, stored = stored_tensors(path)
    found = stored_layers(graph, stored)
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
            try:
                if isinstance(layer, ConvNorm):
                    layer.set_folded(weight, bias)
                    continue
                assert isinstance(layer, nn.Conv2d)
                assert layer.bias is not None
                copy_checked(layer.weight, weight)
                copy_checked(layer.bias, bias)
            except ValueError as error:
                raise ValueError(f"{path}: {error}") from None
        (centres,) = (
            stored[node.input[1]] for node in graph.node
            if node.op_type == "Conv" and len(node.input) == 2 and node.input[1] in stored
        )
        net.colour.centres.copy_(centres[:, :, 0, 0] / 2)
        for name in ("look.weight", "look.bias", "kind.weight", "kind.bias", "kinds"):
            net.get_parameter(name).copy_(stored[name])


def read_state(path: Path) -> dict[str, Tensor]:
    """The weights of a run's ``last.pt``, or of a float ONNX file."""
    if path.suffix != ".onnx":
        state: dict[str, Tensor] = torch.load(path, weights_only=True)["model"]
        return state
    net = GarmentEmbedding()
    load_onnx(net, path)
    return net.state_dict()
