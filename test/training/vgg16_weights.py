"""VGG16s as torchvision builds them, but narrow."""

import torch
from torch import nn
from torch import Tensor
from torchvision.models.vgg import make_layers

WIDTHS = (4, 6, 8, 10, 12)
DEPTHS = (2, 2, 3, 3, 3)


def make_features(
    batch_norm: bool, widths: tuple[int, ...] = WIDTHS, depths: tuple[int, ...] = DEPTHS
) -> nn.Sequential:
    """Make torchvision's layers, with weights and statistics unlike those at the start."""
    plan: list[str | int] = []
    for width, depth in zip(widths, depths, strict=True):
        plan += [width] * depth + ['M']
    torch.manual_seed(3)
    features = make_layers(plan, batch_norm=batch_norm)
    for module in features:
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
            nn.init.normal_(module.bias, std=0.1)
        elif isinstance(module, nn.BatchNorm2d):
            for values in (module.weight, module.running_var):
                nn.init.uniform_(values, 0.5, 1.5)
            for values in (module.bias, module.running_mean):
                nn.init.normal_(values)
    return features.eval()


def make_state(features: nn.Sequential) -> dict[str, Tensor]:
    """Name weights as in a whole VGG16, and add a layer of its classifier."""
    state = {f'features.{name}': tensor for name, tensor in features.state_dict().items()}
    return state | {'classifier.0.weight': torch.zeros(3, 3), 'classifier.0.bias': torch.zeros(3)}
