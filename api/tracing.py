"""Traces of requests for OpenTelemetry, where an operator asks for them (MARQUE_TRACES=1).

One span per request, named and described as the semantic conventions of HTTP servers say, child of the caller's span
(W3C `traceparent`). A span names routes, never the ids, persons or values in a path. Where spans go is said by the
`OTEL_*` variables of the standard. The packages are an extra: whoever does not trace does not install them.
"""

from __future__ import annotations

from typing import Any

import falcon.asgi

from engine.errors import InvalidRequest
from engine.settings import Settings

SERVER_FAULT = 500


class Tracing:
    """Middleware: begins a span with each request and ends it with its answer."""

    def __init__(self, tracer: Any) -> None:
        self._tracer = tracer

    async def process_request(self, req: falcon.asgi.Request, _resp: falcon.asgi.Response) -> None:
        from opentelemetry.propagate import extract
        from opentelemetry.trace import SpanKind

        caller = extract({name: req.get_header(name) or "" for name in ("traceparent", "tracestate")})
        req.context.span = self._tracer.start_span(req.method, context=caller, kind=SpanKind.SERVER)

    async def process_response(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, _resource: object, _succeeded: bool
    ) -> None:
        from opentelemetry.trace import Status, StatusCode

        span = req.context.span
        if req.uri_template:
            span.update_name(f"{req.method} {req.uri_template}")
            span.set_attribute("http.route", req.uri_template)
        span.set_attribute("http.request.method", req.method)
        span.set_attribute("http.response.status_code", resp.status_code)
        span.set_attribute("marque.request_id", req.context.request_id)
        if resp.status_code >= SERVER_FAULT:
            span.set_status(Status(StatusCode.ERROR))
        span.end()


def components(settings: Settings) -> list[Tracing]:
    """Returns the middleware if traces are wanted; raises InvalidRequest if the packages for it are not there."""
    if not settings.traces:
        return []
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as cause:
        raise InvalidRequest("MARQUE_TRACES=1 needs the extra packages: pip install 'marque[traces]'") from cause
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: "marque"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return [Tracing(provider.get_tracer("marque"))]
