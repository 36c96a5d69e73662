"""Random scale, turn, shift and mirror image of a training picture, and what may stand in front of it."""

from dataclasses import dataclass

import numpy as np

from core.video.imaging import cv2


@dataclass(frozen=True)
class Augmentation:
    """scale: standard deviation about 1, cut at 0.7 and 1.3; rotation: degrees, cut at 80; shift: of each
    side; hidden_chance: that something stands in front of somebody without a label.
    """

    scale: float = 0.15
    rotation: float = 25.0
    rotation_chance: float = 0.6
    shift: float = 0.03
    flip_chance: float = 0.5
    hidden_chance: float = 0.0


def draw_affine(
    rng: np.random.Generator, settings: Augmentation, picture: tuple[int, int], size: tuple[int, int]
) -> np.ndarray:
    """(2, 3): pixels of a picture to pixels of the crop about the same centre. picture, size: width and
    height of each.
    """
    scale = np.clip(rng.normal(1, settings.scale), 0.7, 1.3)
    degrees = (
        np.clip(rng.normal(0, settings.rotation), -80, 80) if rng.random() < settings.rotation_chance else 0.0
    )
    radians = np.deg2rad(degrees)
    turn = scale * np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])
    centre = (np.array(size) - 1) / 2 + rng.normal(0, settings.shift, 2) * size
    return np.concatenate([turn, (centre - turn @ ((np.array(picture) - 1) / 2))[:, None]], 1)


def transform(points: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """points: (K, 2); affine: (2, 3)."""
    return points @ affine[:, :2].T + affine[:, 2]


def mirror(
    crop: np.ndarray, points: np.ndarray, labelled: np.ndarray, flip_index: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mirror image: left joints become right ones. crop: (h, w, 3); points: (K, 2) crop pixels;
    labelled: (K,).
    """
    points = points[flip_index].copy()
    points[:, 0] = crop.shape[1] - 1 - points[:, 0]
    return crop[:, ::-1], points, labelled[flip_index]


def augment(
    rng: np.random.Generator,
    settings: Augmentation,
    picture: np.ndarray,
    points: np.ndarray,
    labelled: np.ndarray,
    size: tuple[int, int],
    flip_index: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """picture: (H, W, 3) uint8; points: (K, 2) in its pixels; size: width, height of the crop -> crop, points
    in its pixels, labelled.
    """
    affine = draw_affine(rng, settings, picture.shape[1::-1], size)
    crop = cv2.warpAffine(picture, affine, size, flags=cv2.INTER_LINEAR)
    points = transform(points, affine)
    if rng.random() < settings.flip_chance:
        return mirror(crop, points, labelled, flip_index)
    return crop, points, labelled


def hidden(rng: np.random.Generator, crop: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The crop (h, w, 3) with a part of another stored picture (H, W, 3) in front (Sarandi et al. 2018): the
    middle, where its person is, beside the crop's own person, or a smaller piece anywhere.
    """
    height, width = crop.shape[:2]
    if rng.random() < 0.5:
        size = np.array([rng.uniform(0.18, 0.4) * width, rng.uniform(0.5, 1.0) * height])
        x = width / 2 + rng.choice([-1, 1]) * rng.uniform(0.1, 0.4) * width
        y = height / 2 + rng.normal(0, 0.1) * height
        source = np.array(other.shape[1::-1]) / 2
    else:
        size = rng.uniform(0.1, 0.4, 2) * (width, height)
        x, y = rng.uniform(0.15, 0.85, 2) * (width, height)
        source = rng.uniform(0.25, 0.75, 2) * other.shape[1::-1]
    scale = rng.uniform(0.8, 1.25)
    affine = np.array([[scale, 0, x - scale * source[0]], [0, scale, y - scale * source[1]]])
    ys, xs = np.ogrid[:height, :width]
    power = 2 if rng.random() < 0.5 else 8  # an ellipse, or nearly a rectangle
    inside = np.abs((xs - x) / (size[0] / 2)) ** power + np.abs((ys - y) / (size[1] / 2)) ** power <= 1
    front = cv2.warpAffine(other, affine, (width, height), flags=cv2.INTER_LINEAR)
    return np.where(inside[..., None], front, crop)
