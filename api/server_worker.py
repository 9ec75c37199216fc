"""Gunicorn's asgi worker, which tells the application that it is about to leave.

Gunicorn itself tells only once every connection has ended. A worker who waits for external tasks holds one for up to
half an hour: it would be cut without an answer after the graceful time, and the server would wait that long for it.
"""

from __future__ import annotations

from gunicorn.workers.gasgi import ASGIWorker  # type: ignore[import-untyped]


class Worker(ASGIWorker):  # type: ignore[misc]
    """Answers those who wait as soon as it is told to leave; what is under way is finished as before."""

    def handle_exit_signal(self) -> None:
        super().handle_exit_signal()
        for leave in getattr(self.asgi, "on_leaving", ()):
            leave()
