"""How long the screens wait, in seconds, and for which stages of the pipeline."""

from __future__ import annotations

APPROACH_S = 1.0
"""Near enough for this long, then the mirror asks (docs/design.md, screen)."""
CONSENT_S = 20.0
"""No answer is a no (docs/design.md, screen)."""
STEADY_S = 0.7
"""Guidance ends when all is well for this long (docs/design.md, screen)."""
TROUBLE_S = 1.0
"""And begins when something is wrong for this long, so that a turn of the head does not call it."""
LOOKING_LEAST_S = 1.2
"""The four stages stay readable although they are quicker."""
LOOKING_MOST_S = 6.0
"""Then the best so far is shown (docs/design.md, screen)."""
GOODBYE_S = 4.0
LEAVE_S = 2.0
OPENING_S = 3.0
"""A camera that has given nothing after this long is called lost."""
OPENED_S = 45.0
"""What she opened over the look is closed when she has done nothing for this long (docs/design.md, screen)."""
SETTLE_S = 3.0
"""A look on screen changes at most this often by itself, so that nobody reads a moving card."""

LOOKING_STAGES: tuple[str, ...] = ("garments", "embedding", "body", "look")
"""The pipeline's stage behind each of the four bars: Clothes, Colours, Fit, Matches."""
STAGES_WITHOUT_ESTIMATES: tuple[str, ...] = ("garments", "embedding", "mask", "look")
"""The same where the shop lets nothing be estimated: her outline is all that "Fit" waits for."""
