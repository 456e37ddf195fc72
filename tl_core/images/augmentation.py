"""Pictures as they might also have been taken: mirrored, a bit nearer or to the side, in other light."""

import torch
from torch import Tensor
from torch.nn import functional

LEAST_SHARE = 0.6
"""Smallest share of a picture's area that a crop keeps."""
LIGHT = 0.2
"""By how much brightness, contrast and saturation may be off, as a share."""


class Augmentation:
    """Mirror half of the pictures, crop all of them, change their light; a generator of its own decides.

    The draws depend on the seed and on how many were made before alone, so that arms which see the same
    batches see the same pictures.
    """

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)

    def __call__(self, pictures: Tensor) -> Tensor:
        """Change pictures ``(B, 3, S, S)`` of 0 to 255."""
        count = len(pictures)
        area, side, left, top, bright, contrast, colour = torch.rand(
            count, 7, generator=self._generator
        ).unbind(1)  # a row a picture: micro-batches draw what the whole batch does
        share = (LEAST_SHARE + (1 - LEAST_SHARE) * area).sqrt()
        flip = 1.0 - 2.0 * (side < 0.5).float()
        left, top = ((1 - share) * (2 * one - 1) for one in (left, top))
        zeros = torch.zeros(count)
        turned = torch.stack(
            [torch.stack([share * flip, zeros, left], 1), torch.stack([zeros, share, top], 1)], 1
        )
        grid = functional.affine_grid(turned, list(pictures.shape), align_corners=False)
        found = functional.grid_sample(
            pictures, grid, mode="bilinear", padding_mode="reflection", align_corners=False
        )
        bright, contrast, colour = (
            (1 + LIGHT * (2 * one - 1)).view(-1, 1, 1, 1) for one in (bright, contrast, colour)
        )
        found = found.mul_(bright)
        found = found.mean((1, 2, 3), keepdim=True).lerp(found, contrast)
        found = found.mean(1, keepdim=True).lerp(found, colour)
        return found.clamp_(0, 255)
