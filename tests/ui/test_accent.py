"""The shop's own colour: taken where words on it can be read, refused in one line where not."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from mirror.domain import UsageError


@pytest.mark.parametrize("name", ["light", "dark"])
def test_a_readable_accent_is_taken_in_both_themes(app: Any, name: Literal["light", "dark"]) -> None:
    from mirror.ui.theme import CONTRAST_LEAST, Theme, contrast

    look = Theme.named(name, "#8fd3ff")
    assert look.yours.name() == "#8fd3ff"
    assert contrast(look.on_yours, look.yours) >= CONTRAST_LEAST
    assert Theme.named(name).yours.name() == "#ddf05a"


@pytest.mark.parametrize(("accent", "said"), [("#203040", "contrast of"), ("teal", "must be a colour"), ("#123", "#")])
def test_an_accent_that_cannot_be_read_is_refused(app: Any, accent: str, said: str) -> None:
    from mirror.ui.theme import Theme

    with pytest.raises(UsageError, match=said):
        Theme.named("light", accent)


def test_contrast_is_21_between_black_and_white(app: Any) -> None:
    from PyQt5.QtGui import QColor

    from mirror.ui.theme import contrast

    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21.0)
    assert contrast(QColor("#777777"), QColor("white")) == pytest.approx(4.48, abs=0.01)
