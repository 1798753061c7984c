"""All models of the mirror, loaded once and handed around together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mirror.runtime.manifest import Manifest
from mirror.runtime.session import Session
from mirror.vision.attributes import AttributeReader
from mirror.vision.body import BodyReader
from mirror.vision.embedding import Embedder
from mirror.vision.face import FaceFinder
from mirror.vision.garments import GarmentDetector
from mirror.vision.mask import MaskReader
from mirror.vision.people import PeopleFinder
from mirror.vision.pose import PoseReader

LIVE_POSE = "movenet-lightning"
BEST_POSE = "movenet-thunder"


@dataclass(frozen=True)
class Vision:
    """One reader of each kind. The readers own buffers, so each belongs to one thread at a time."""

    people: PeopleFinder
    pose: PoseReader
    mask: MaskReader
    face: FaceFinder
    attributes: AttributeReader
    garments: GarmentDetector
    embedder: Embedder
    body: BodyReader

    @classmethod
    def load(
        cls, folder: Path | None = None, *, provider: str = "cpu", threads: int = 1, best_pose: bool = False
    ) -> Vision:
        """Load every model of the manifest in ``folder`` (the packaged one when None).

        ``best_pose`` takes MoveNet Thunder, for stills; the live mirror takes Lightning.

        Raises:
            MirrorError: a model is missing, changed or does not run on ``provider``.
        """
        manifest = Manifest.load(folder)

        def session(name: str) -> Session:
            return Session(manifest[name], provider, threads)

        return cls(
            people=PeopleFinder(session("movenet-multipose")),
            pose=PoseReader(session(BEST_POSE if best_pose else LIVE_POSE)),
            mask=MaskReader(session("blazepose-full")),
            face=FaceFinder(),
            attributes=AttributeReader(session("faceres")),
            garments=GarmentDetector(session("garments")),
            embedder=Embedder(session("garment-embedding")),
            body=BodyReader(session("body-shape")),
        )

    def sessions(self) -> dict[str, Session]:
        """The sessions by the task's name."""
        return {
            "people": self.people.session, "pose": self.pose.session, "mask": self.mask.session,
            "attributes": self.attributes.session, "garments": self.garments.session,
            "embedding": self.embedder.session, "body": self.body.session,
        }

    def model_names(self) -> dict[str, str]:
        """Task -> name of the model that does it; the face detector is dlib's own."""
        return {"face": "dlib frontal", **{task: s.card.name for task, s in self.sessions().items()}}

    def providers(self) -> dict[str, str]:
        """Task -> the provider that really runs it."""
        return {"face": "cpu", **{task: s.provider for task, s in self.sessions().items()}}
