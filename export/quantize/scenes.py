"""Pictures seen with the full models, and from them the inputs of any model just as the mirror's vision makes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from mirror.camera.picture import PICTURE_SUFFIXES, read_picture
from mirror.domain import Box, Face, FloatArray, Garment, ImageArray, MirrorError, Person, Pose
from mirror.runtime.manifest import FULL_PRECISION, Manifest, ModelCard, default_folder
from mirror.runtime.session import Session
from mirror.vision.body import BodyReader
from mirror.vision.crop import CropTensor
from mirror.vision.decoders.registry import BODY, BOXES, EMBEDDING, FACE, MASK, PEOPLE, POSE
from mirror.vision.embedding import Embedder
from mirror.vision.face import FaceFinder
from mirror.vision.face_net import FaceNet
from mirror.vision.garments import GarmentDetector
from mirror.vision.mask import MaskReader
from mirror.vision.people import PeopleFinder
from mirror.vision.pose import PoseReader, body_region, garment_region, next_region

REFINEMENTS = 2
"""Passes of the pose net, as in `mirror analyze`."""
FEMALE_UNKNOWN = 0.5

Feed = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture (BGR uint8) and what the full models see in it: everybody, the largest person's pose in frame pixels
    and the region it was read in, her face and garments (each only where found, the last two when asked for)."""

    image: ImageArray
    people: tuple[Person, ...] = ()
    pose: Pose | None = None
    region: Box | None = None

    @property
    def frame(self) -> Box:
        return Box(0, 0, self.image.shape[1], self.image.shape[0])

    @cached_property
    def face(self) -> Face | None:
        return _seer().face.find(self.image, self.pose) if self.pose is not None else None

    @cached_property
    def garments(self) -> tuple[Garment, ...]:
        place = garment_region(self.pose) if self.pose is not None else None
        return tuple(_seer().garments.detect(self.image, place)) if place is not None else ()


class Seer:
    """Sees scenes with the models that come with the mirror, in full precision."""

    def __init__(self) -> None:
        # of the package, whatever folder the model to be quantised is in
        manifest = Manifest.load(_shipped())

        def session(name: str) -> Session:
            return Session(manifest[name], precision=FULL_PRECISION)

        self.people = PeopleFinder(session("movenet-multipose"))
        self.pose = PoseReader(session("movenet-thunder"))
        self.garments = GarmentDetector(session("garments"))
        self.face = FaceFinder()

    def see(self, image: ImageArray) -> Scene:
        """The scene of one picture; with nobody in it, the picture alone."""
        people = tuple(self.people.find(image))
        if not people:
            return Scene(image)
        pose, region = max(people, key=lambda person: person.box.area).pose, None
        for _ in range(REFINEMENTS):
            following = next_region(pose)
            if following is None:
                break
            region = following
            pose = self.pose.read(image, region)
        return Scene(image, people, pose, region)


@lru_cache(maxsize=1)
def _seer() -> Seer:
    return Seer()


@lru_cache(maxsize=4)
def scenes_of(paths: tuple[Path, ...]) -> tuple[Scene, ...]:
    """The scenes of picture files. Raises MirrorError when one cannot be read."""
    return tuple(_seer().see(read_picture(path)) for path in paths)


def scene_of(image: ImageArray) -> Scene:
    """The scene of a picture at hand."""
    return _seer().see(image)


def pictures_in(folder: Path) -> tuple[Path, ...]:
    """The picture files of a folder and those below it, by name. Raises MirrorError when there are none."""
    if not folder.is_dir():
        raise MirrorError(f"{folder}: no such folder; give one with pictures as your camera sees them")
    found = tuple(sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURE_SUFFIXES and p.is_file()))
    if not found:
        raise MirrorError(f"{folder}: holds no pictures ({', '.join(sorted(PICTURE_SUFFIXES))})")
    return found


class _Tap:
    """Stands in for a session and keeps what it is fed."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.kept: list[Feed] = []

    def run(self, feed: Feed) -> tuple[Feed, ...]:
        self.kept.append(feed.copy())
        return self.session.run(feed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session, name)


def feeds(session: Session, scenes: Sequence[Scene]) -> list[Feed]:
    """What the mirror would feed this model for these scenes; none where a scene has not what the model looks at.

    A model whose decoder is not known gets each whole picture; one that takes no picture raises MirrorError.
    """
    tap = _Tap(session)
    stand_in = cast(Session, tap)
    card = session.card
    whole = CropTensor(card) if not _look(stand_in, ()) and card.decoder != BODY else None
    for scene in scenes:
        if whole is None:
            _look(stand_in, (scene,))
        else:
            whole.fill(scene.image, scene.frame)
            tap.kept.append(whole.tensor.copy())
    return tap.kept


def _look(session: Session, scenes: Sequence[Scene]) -> bool:
    """Read the scenes with the reader that the card's decoder is for; False when there is no such reader."""
    decoder = session.card.decoder
    if decoder in POSE and decoder != MASK:
        reader = PoseReader(session)
        for scene in scenes:
            if scene.region is not None:
                reader.read(scene.image, scene.region)
    elif decoder == PEOPLE or (decoder in BOXES and "person" in session.card.labels):
        finder = PeopleFinder(session)
        for scene in scenes:
            finder.find(scene.image)
    elif decoder == MASK:
        mask = MaskReader(session)
        for scene, region in _bodies(scenes):
            mask.read(scene.image, region)
    elif decoder in FACE:
        net = FaceNet(session)
        for scene in scenes:
            if scene.face is not None and scene.face.frontal:
                net.read(scene.image, scene.face)
    elif decoder in BOXES:
        detector = GarmentDetector(session)
        for scene in scenes:
            place = garment_region(scene.pose) if scene.pose is not None else None
            detector.detect(scene.image, place or scene.frame)
    elif decoder == EMBEDDING:
        embedder = Embedder(session)
        for scene in scenes:
            embedder.embed(scene.image, [garment.box for garment in scene.garments] or [scene.frame])
    elif decoder == BODY:
        body, masks = BodyReader(session), _mask_reader() if scenes else None
        for scene, region in _bodies(scenes):
            mask_ = masks.read(scene.image, region) if masks is not None else None
            if mask_ is not None and scene.pose is not None:
                body.read(mask_, scene.pose, scene.garments, FEMALE_UNKNOWN)
    else:
        return False
    return True


def _bodies(scenes: Sequence[Scene]) -> Iterator[tuple[Scene, Box]]:
    for scene in scenes:
        region = body_region(scene.pose) if scene.pose is not None else None
        if region is not None:
            yield scene, region


@lru_cache(maxsize=1)
def _mask_reader() -> MaskReader:
    return MaskReader(Session(Manifest.load(_shipped())["blazepose-full"], precision=FULL_PRECISION))


def _shipped() -> Path:
    packaged = Path(__file__).resolve().parents[2] / "models_onnx"
    return packaged if packaged.is_dir() else default_folder()


def demo_frame(number: int) -> ImageArray:
    """One frame of the demo clip, drawn by this project: BGR uint8. Raises MirrorError."""
    import mirror.camera

    clip = Path(mirror.camera.__file__).parent / "demo.mp4"
    video = cv2.VideoCapture(str(clip))
    try:
        video.set(cv2.CAP_PROP_POS_FRAMES, number)
        ok, frame = video.read()
    finally:
        video.release()
    if not ok:
        raise MirrorError(f"{clip}: frame {number} cannot be read")
    return np.asarray(frame, np.uint8)


def smooth_numbers(card: ModelCard, seed: int = 20) -> FloatArray:
    """An input for a model that takes no picture: seeded normal values in the card's shape and dtype."""
    spec = card.inputs[0]
    shape = [side if isinstance(side, int) else 1 for side in spec.shape]
    values: FloatArray = np.random.default_rng(seed).standard_normal(shape).astype(spec.dtype)
    return values
