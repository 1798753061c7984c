"""Run by test_window_run: `run_window` on a playing stage; prints a word once it paints, so that it can be stopped."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from ui_stage import PlayingPipeline, StillCatalogue

from mirror.config import Settings
from mirror.domain import MirrorError
from mirror.pipeline.state import MirrorState
from mirror.ui.window import run_window


class Telling(PlayingPipeline):
    def painted(self, state: MirrorState, paint_s: float | None = None) -> None:
        super().painted(state, paint_s)
        if len(self.painted_numbers) == 5:
            print("painting", flush=True)


def main(folder: Path, fail: bool) -> int:
    settings = Settings()
    settings = replace(settings, privacy=replace(settings.privacy, consent="given"))
    pipeline = Telling(StillCatalogue(folder))
    if fail:
        pipeline.painted = lambda *_: 1 / 0  # type: ignore[assignment]
    try:
        code = run_window(pipeline, settings, size=(540, 960), seconds=30, record=folder / "visit.mp4")  # type: ignore[arg-type]
    except MirrorError as error:
        print(f"mirror: {error}", file=sys.stderr)
        return 1
    print("stopped" if not pipeline.running else "still running")
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:] == ["fail"]))
