"""The face detector in the package is dlib's own."""

from __future__ import annotations

from pathlib import Path

import cv2
import dlib
import numpy as np
import pytest

from mirror.camera.opening import DEMO_CLIP
from mirror.domain import MirrorError
from mirror.vision import face
from mirror.vision.face import DETECTOR, FaceFinder

DOUBTFUL = -1.0
"""A threshold so low that much is found which is no face: more to compare."""


def test_the_saved_detector_is_dlibs_own_to_the_byte(tmp_path: Path) -> None:
    own = tmp_path / "own.svm"
    dlib.get_frontal_face_detector().save(str(own))
    assert own.read_bytes() == DETECTOR.read_bytes()


def test_the_saved_detector_finds_what_dlibs_own_finds() -> None:
    own, saved = dlib.get_frontal_face_detector(), dlib.fhog_object_detector(str(DETECTOR))
    clip = cv2.VideoCapture(str(DEMO_CLIP))
    found = 0
    for _ in range(3):
        image = np.asarray(cv2.cvtColor(clip.read()[1], cv2.COLOR_BGR2GRAY), np.uint8)
        boxes, scores, which = own.run(image, 0, DOUBTFUL)
        again, same_scores, same_which = saved.run(image, 0, DOUBTFUL)
        assert [str(box) for box in boxes] == [str(box) for box in again]
        assert list(scores) == list(same_scores)
        assert list(which) == list(same_which)
        found += len(boxes)
    assert found > 0


def test_a_detector_that_is_not_there_is_one_plain_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face, "DETECTOR", tmp_path / "none.svm")
    with pytest.raises(MirrorError, match="install the mirror again"):
        FaceFinder()
