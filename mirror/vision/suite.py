"""All models of the mirror, loaded once and handed around together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mirror.runtime.manifest import Manifest
from mirror.runtime.session import Session
from mirror.runtime.threads import ThreadBudget
from mirror.vision.attributes import AttributeReader
from mirror.vision.body import BodyReader
from mirror.vision.classic import ClassicEmbedder
from mirror.vision.decoders.registry import BODY, require
from mirror.vision.embedding import Embedder, open_embedder
from mirror.vision.face import FaceFinder
from mirror.vision.face_bmi import FaceBmiReader
from mirror.vision.garments import GarmentDetector
from mirror.vision.mask import MaskReader
from mirror.vision.people import PeopleFinder
from mirror.vision.pose import PoseReader

LIVE_POSE = "movenet-lightning"
BEST_POSE = "movenet-thunder"
BODY_SHAPE = "body-shape"


@dataclass(frozen=True)
class ModelNames:
    """Which model of the manifest does what.

    ``best_pose`` (stills) empty: MoveNet Thunder beside the mirror's own live pose, else ``pose`` itself. ``face_age``
    and ``face_gender`` empty: ``attributes`` tells it. ``bmi``: "body" (the silhouette) or a net that reads a face.
    """

    pose: str = LIVE_POSE
    best_pose: str = ""
    people: str = "movenet-multipose"
    mask: str = "blazepose-full"
    attributes: str = "faceres"
    face_age: str = ""
    face_gender: str = ""
    bmi: str = "body"
    garments: str = "garments"
    embedding: str = "garment-embedding"

    @property
    def stills_pose(self) -> str:
        """The pose net for stills."""
        return self.best_pose or (BEST_POSE if self.pose == LIVE_POSE else self.pose)


@dataclass(frozen=True)
class Vision:
    """One reader of each kind. The readers own buffers, so each belongs to one thread at a time."""

    people: PeopleFinder
    pose: PoseReader
    mask: MaskReader
    face: FaceFinder
    attributes: AttributeReader
    garments: GarmentDetector
    embedder: Embedder | ClassicEmbedder
    body: BodyReader
    face_bmi: FaceBmiReader | None = None
    """Set where BMI is read from the face: then nothing is read from the silhouette."""

    @classmethod
    def load(
        cls, folder: Path | None = None, *, provider: str = "cpu", threads: int | ThreadBudget = 1,
        best_pose: bool = False, own: Path | None = None, names: ModelNames | None = None,
    ) -> Vision:
        """Load the models ``names`` of the manifest in ``folder`` (the packaged one when None) and of ``own``.

        ``best_pose`` takes the pose net for stills; the live mirror takes the quick one. ``threads``: of every
        session, or a budget by task.

        Raises:
            MirrorError: a model is missing, changed, does not run on ``provider``, or does not suit what it is
                named for.
        """
        manifest = Manifest.load(folder, own)
        names = names or ModelNames()
        opened: dict[str, Session] = {}
        budget = ThreadBudget(threads) if isinstance(threads, int) else threads

        def session(name: str, task: str) -> Session:
            if name not in opened:
                opened[name] = Session(manifest[name], provider, budget.of(task))
            return opened[name]

        require(manifest[BODY_SHAPE], (BODY,), "a body shape of breadths")
        age = session(names.face_age or names.attributes, "attributes")
        pose = PoseReader(session(names.stills_pose if best_pose else names.pose, "pose"))
        if not best_pose and names.pose == BEST_POSE:
            pose.lighter = PoseReader(session(LIVE_POSE, "pose"))
        return cls(
            people=PeopleFinder(session(names.people, "people")),
            pose=pose,
            mask=MaskReader(session(names.mask, "mask")),
            face=FaceFinder(),
            attributes=AttributeReader(age, session(names.face_gender or names.attributes, "attributes")),
            garments=GarmentDetector(session(names.garments, "garments")),
            embedder=open_embedder(
                names.embedding, manifest, lambda card: Session(card, provider, budget.of("embedding"))),
            body=BodyReader(session(BODY_SHAPE, "body")),
            face_bmi=None if names.bmi == "body" else FaceBmiReader(session(names.bmi, "body")),
        )

    def sessions(self) -> dict[str, Session]:
        """The sessions by the task's name."""
        found = {
            "people": self.people.session, "pose": self.pose.session, "mask": self.mask.session,
            "attributes": self.attributes.session, "garments": self.garments.session,
        }
        if self.embedder.session is not None:
            found["embedding"] = self.embedder.session
        found["body"] = self.body.session
        if len(self.attributes.parts) > 1:
            del found["attributes"]
            found["age"], found["gender"] = self.attributes.session, self.attributes.gender_session
        if self.face_bmi is not None:
            del found["body"]
            found["bmi"] = self.face_bmi.session
        return found

    def model_names(self) -> dict[str, str]:
        """Task -> name of the model that does it and, where it is not the full one, the precision that runs:
        "movenet-thunder (int8)". The face detector is dlib's own."""
        names = {"face": "dlib frontal", **{task: s.runs for task, s in self.sessions().items()}}
        return names if "embedding" in names else {**names, "embedding": self.embedder.name}

    def providers(self) -> dict[str, str]:
        """Task -> the provider that really runs it."""
        return {"face": "cpu", **{task: s.provider for task, s in self.sessions().items()}}
