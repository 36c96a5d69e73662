"""Random scale, turn, shift and mirror image of a training picture."""

from dataclasses import dataclass

import numpy as np

from core.video.imaging import cv2


@dataclass(frozen=True)
class Augmentation:
    """scale: standard deviation about 1, cut at 0.7 and 1.3; rotation: degrees, cut at 80; shift: of each side."""

    scale: float = 0.15
    rotation: float = 25.0
    rotation_chance: float = 0.6
    shift: float = 0.03
    flip_chance: float = 0.5


def draw_affine(
    rng: np.random.Generator, settings: Augmentation, picture: tuple[int, int], size: tuple[int, int]
) -> np.ndarray:
    """(2, 3): pixels of a picture to pixels of the crop about the same centre. picture, size: width and height of each."""
    scale = np.clip(rng.normal(1, settings.scale), 0.7, 1.3)
    degrees = np.clip(rng.normal(0, settings.rotation), -80, 80) if rng.random() < settings.rotation_chance else 0.0
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
    """The mirror image: left joints become right ones. crop: (h, w, 3); points: (K, 2) crop pixels; labelled: (K,)."""
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
    """picture: (H, W, 3) uint8; points: (K, 2) in its pixels; size: width, height of the crop -> crop, points in its pixels,
    labelled.
    """
    affine = draw_affine(rng, settings, picture.shape[1::-1], size)
    crop = cv2.warpAffine(picture, affine, size, flags=cv2.INTER_LINEAR)
    points = transform(points, affine)
    if rng.random() < settings.flip_chance:
        return mirror(crop, points, labelled, flip_index)
    return crop, points, labelled
