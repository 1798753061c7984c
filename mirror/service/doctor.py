"""`mirror doctor`: is everything there that the mirror needs, and if not, what mends it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from mirror.config import Settings
from mirror.domain import MirrorError
from mirror.service.places import ROOT, catalogue_path, models_folder, own_folder

LEAST_DISK_MB = 500
HOT_CELSIUS = 85.0
"""Jetson and x86 boxes begin to throttle between 85 and 100 degrees."""


@dataclass(frozen=True)
class Finding:
    """What one check found. ``mend`` is empty when all is well."""

    name: str
    status: Literal["ok", "warning", "failure"]
    says: str
    mend: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Every check in order; a check that itself breaks is reported as a failure, not raised."""
    checks: tuple[Callable[[Settings], Finding], ...] = (
        _python, _opencv, _camera, _display, _provider, _threads, _models, _tasks, _catalogue, _disk, _temperature,
    )
    findings = []
    for check in checks:
        try:
            findings.append(check(settings))
        except MirrorError as error:
            findings.append(Finding(check.__name__.strip("_"), "failure", str(error), "see the line above"))
    return findings


def document(findings: list[Finding]) -> dict[str, Any]:
    """The findings as the JSON document of `mirror doctor --json`."""
    worst = max((("ok", "warning", "failure").index(f.status) for f in findings), default=0)
    return {
        "status": ("ok", "warning", "failure")[worst],
        "platform": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "checks": [asdict(finding) for finding in findings],
    }


def _python(settings: Settings) -> Finding:
    del settings
    return Finding("python", "ok", platform.python_version())


def _opencv(settings: Settings) -> Finding:
    del settings
    for name in ("opencv-python", "opencv-contrib-python"):
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        return Finding(
            "opencv", "failure", f"{name} {version} brings its own Qt plugins, which abort PyQt5",
            f"pip uninstall {name} && pip install --force-reinstall opencv-python-headless",
        )
    import cv2

    return Finding("opencv", "ok", f"headless {cv2.__version__}")


def _camera(settings: Settings) -> Finding:
    asked = settings.camera.source
    nodes = sorted(Path("/dev").glob("video*"))
    if asked in ("auto", "demo"):
        if nodes:
            return Finding("camera", "ok", f"{', '.join(str(n) for n in nodes)}")
        return Finding("camera", "warning", "no camera found: the demo will play", "plug one in, or give --source")
    if asked.startswith("/dev/") or asked.isdigit():
        node = Path(asked if asked.startswith("/dev/") else f"/dev/video{asked}")
        if not node.exists():
            return Finding("camera", "failure", f"{node} does not exist", "plug it in, or change [camera] source")
        if not os.access(node, os.R_OK | os.W_OK):
            return Finding("camera", "failure", f"{node} is not readable", "add this user to the group `video`")
        return Finding("camera", "ok", str(node))
    if "://" not in asked and ":" not in asked and not Path(asked).exists():
        return Finding("camera", "failure", f"source {asked} does not exist", "check [camera] source")
    return Finding("camera", "ok", f"{asked} (not opened)")


def _display(settings: Settings) -> Finding:
    del settings
    try:
        import PyQt5.QtCore
    except ImportError as error:
        return Finding("display", "failure", f"PyQt5 cannot be imported: {error}", "make install")
    screen = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    if not screen:
        return Finding("display", "warning", "no display: `mirror run` will run headless", "start a desktop session")
    return Finding("display", "ok", f"{screen}, Qt {PyQt5.QtCore.QT_VERSION_STR}")


def _provider(settings: Settings) -> Finding:
    from mirror.runtime.manifest import Manifest
    from mirror.runtime.providers import offered
    from mirror.runtime.session import Session

    asked = settings.models.provider
    card = next(iter(Manifest.load(models_folder(settings))))
    try:
        session = Session(card, asked, settings.models.threads)
    except MirrorError as error:
        return Finding("provider", "failure", str(error), "set [models] provider to one that this device has")
    here = ", ".join(offered())
    return Finding("provider", "ok", f"{session.provider} runs {session.runs}; this onnxruntime offers {here}")


def _threads(settings: Settings) -> Finding:
    from mirror.service.opening import thread_budget

    budget = thread_budget(settings)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    says = f"{budget.told()}; {cores} core{'' if cores == 1 else 's'}"
    if max(budget.graphs, budget.opencv, *budget.tasks.values()) > cores:
        return Finding("threads", "warning", says, "no more threads than cores: lower [models] threads and [threads]")
    return Finding("threads", "ok", says)


def _models(settings: Settings) -> Finding:
    from mirror.runtime.zoo import verify_models

    rows = verify_models(models_folder(settings), own=own_folder(settings))
    bad = [row for row in rows if not row["ok"]]
    if bad:
        return Finding("models", "failure", bad[0]["problem"], "make models")
    reduced = sum(row["precision"] != "fp32" for row in rows)
    return Finding("models", "ok", f"{len(rows) - reduced} models whole, {reduced} of them in another precision too")


def _tasks(settings: Settings) -> Finding:
    from mirror.service.opening import load_vision

    vision = load_vision(settings, best_pose=True)
    live = load_vision(settings)
    said = [f"{task}: {name}" for task, name in live.model_names().items()]
    said.append(f"{len(live.pose.skeleton.names)} keypoints, {len(vision.pose.skeleton.names)} on stills")
    dropped = live.garments.vocabulary.dropped
    if dropped:
        return Finding(
            "tasks", "warning", f"{'; '.join(said)}; garments leaves out the labels {', '.join(dropped)}",
            "map them with option categories on its card, or leave it so",
        )
    return Finding("tasks", "ok", "; ".join(said))


def _catalogue(settings: Settings) -> Finding:
    from catalog.following import Following
    from catalog.index import Catalogue

    path = catalogue_path(settings)
    if path is None:
        says = "none built yet: looks stay empty"
        return Finding("catalogue", "warning", says, "make catalogue, or mirror catalog build")
    with Catalogue.open_serving(path) as catalogue:
        says = f"{len(catalogue)} items in {path.name}"
        following = Following(catalogue)
        following.check()
        following.look()
        if following.problem:
            says = f"{says}; {following.problem}"
            return Finding("catalogue", "warning", says, "publish a whole file, or mend the feed")
    return Finding("catalogue", "ok", says)


def _disk(settings: Settings) -> Finding:
    del settings
    free = shutil.disk_usage(ROOT).free // 2**20
    if free < LEAST_DISK_MB:
        return Finding("disk", "warning", f"{free} MB free", f"keep at least {LEAST_DISK_MB} MB free")
    return Finding("disk", "ok", f"{free} MB free")


def _temperature(settings: Settings) -> Finding:
    del settings
    readings = []
    for zone in Path("/sys/class/thermal").glob("thermal_zone*/temp"):
        try:
            readings.append(int(zone.read_text()) / 1000)
        except (OSError, ValueError):
            continue  # a zone that is switched off cannot be read
    if not readings:
        return Finding("temperature", "ok", "this machine tells none")
    hottest = max(readings)
    if hottest > HOT_CELSIUS:
        return Finding("temperature", "warning", f"{hottest:.0f} degrees", "give the box air: it will slow down")
    return Finding("temperature", "ok", f"{hottest:.0f} degrees")
