"""The face detector in the package is dlib's own."""

from __future__ import annotations

from pathlib import Path

import cv2
import dlib
import numpy as np
import pytest

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
    portrait = pytest.importorskip("skimage.data", reason="scikit-image carries the portrait").astronaut()
    own, saved = dlib.get_frontal_face_detector(), dlib.fhog_object_detector(str(DETECTOR))
    grey = np.asarray(cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY), np.uint8)
    boxes, scores, which = own.run(grey, 0, DOUBTFUL)
    again, same_scores, same_which = saved.run(grey, 0, DOUBTFUL)
    assert len(boxes) > 0
    assert [str(box) for box in boxes] == [str(box) for box in again]
    assert list(scores) == list(same_scores)
    assert list(which) == list(same_which)


def test_a_detector_that_is_not_there_is_one_plain_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face, "DETECTOR", tmp_path / "none.svm")
    with pytest.raises(MirrorError, match="install the mirror again"):
        FaceFinder()
