"""The server: gunicorn with its own asgi worker, one process on SQLite and several on PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import falcon.asgi
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from api import metric_files
from api.app import create_app
from api.composition import build_engine
from api.logs import configure_logs
from engine.settings import Settings, read_settings

MAX_WORKERS = 8
GRACEFUL_SECONDS = 30


def serve(settings: Settings) -> None:
    """Serves until a signal ends it; requests under way are finished first."""
    Server(settings).run()


def asgi_app() -> falcon.asgi.App[Any, Any]:
    """Returns the application of the environment's settings, for gunicorn's own command (see the Procfile)."""
    return _app(read_settings(os.environ))


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn without a configuration file. The application is built in each worker, after the fork: an engine's
    connections and threads do not survive one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in options(self._settings).items():
            self.cfg.set(name, value)

    def load(self) -> falcon.asgi.App[Any, Any]:
        return _app(self._settings)


def options(settings: Settings) -> Mapping[str, Any]:
    """Returns gunicorn's settings."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    # SQLite has one writer: further processes would only wait for its lock, each with an executor of its own. A
    # virtual clock is one process's.
    workers = 1 if settings.is_sqlite or settings.virtual_clock else min(MAX_WORKERS, os.cpu_count() or 1)
    return {
        "bind": f"{host}:{settings.port}",
        "worker_class": "api.server_worker.Worker",
        "workers": workers,
        "asgi_loop": "asyncio",
        "asgi_lifespan": "on",
        "control_socket_disable": True,
        "graceful_timeout": GRACEFUL_SECONDS,
        "timeout": 120,
        "keepalive": 5,
        "proc_name": "marque",
        "loglevel": settings.log if settings.log in {"debug", "error", "critical"} else "warning",
        # The access line is our own: gunicorn's would hold query values.
        "accesslog": None,
        "on_starting": metric_files.on_starting,
        "child_exit": metric_files.child_exit,
        "on_exit": metric_files.on_exit,
    }


def _app(settings: Settings) -> falcon.asgi.App[Any, Any]:
    configure_logs(settings.log)
    return create_app(build_engine(settings))
