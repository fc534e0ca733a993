"""The first layers of VGG19, whose features tell how alike two pictures look.

Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition",
2015. Only training uses it; its weights come with a checkpoint or from the published VGG19 file.
"""

from __future__ import annotations

from torch import Tensor, nn


class PerceptualFeatures(nn.Module):
    """conv1_1 to conv2_2 of VGG19, without the last activation; never trained.

    The parameters live at ``vgg.{0,2,5,7}.{weight,bias}``, the published names.
    """

    def __init__(self) -> None:
        super().__init__()
        self.vgg = nn.Sequential(
            nn.Conv2d(3, 64, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(64, 128, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(128, 128, 3, padding=1),
        )
        self.requires_grad_(False)

    def forward(self, image: Tensor) -> Tensor:
        """Return the features (N, 128, H/2, W/2) of an image (N, 3, H, W) as slices have it.

        The published objective feeds the z-scored slices in, without ImageNet's normalisation.
        """
        features: Tensor = self.vgg(image)
        return features
