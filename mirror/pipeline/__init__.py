"""From frames to one immutable state: slots, stages and their schedule, the shopper's track, telemetry.

The window's side of the contract (Qt lives elsewhere)::

    pipeline.on_picture = signal.emit          # called on a pipeline thread: a picture is ready to be painted
    pipeline.display.set_view(view)            # what the window shows; the camera thread prepares it
    picture = pipeline.display.borrow()        # None: nothing new
    state = pipeline.state(picture)            # everything else, at that picture's frame
    ...paint picture.pixels (BGRA, mirrored, no copy) and the overlay; picture.view.point maps points...
    pipeline.painted(state)                    # at the end of paintEvent: latency is measured here
    picture.release()                          # when the next picture has replaced it
"""
