"""When what is bound to a time frame ends (DOMAIN 2.14)."""

from datetime import datetime, timedelta

from catalog.snapshot import TimeFrame


def window_end(frame: TimeFrame, now: datetime) -> datetime | None:
    """The end of the window that `now` is in; None: there is none any more.

    A frame with an interval repeats without end, also before its start. OverflowError: the window
    ends after the last moment that can be written.
    """
    if frame.hour_interval:
        window = timedelta(hours=frame.hour_interval)
        return frame.start + ((now - frame.start) // window + 1) * window
    return frame.end if frame.active and frame.end > now else None
