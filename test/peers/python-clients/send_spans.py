"""Sends spans by OpenTelemetry's own SDK: over HTTP to the first port, over gRPC to the second."""
import sys

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind

http, grpc = sys.argv[1:]
for name, exporter in {
    "by-http": HttpExporter(endpoint=f"http://127.0.0.1:{http}/v1/traces"),
    "by-grpc": GrpcExporter(endpoint=f"http://127.0.0.1:{grpc}", insecure=True),
}.items():
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("peer")
    for number in range(3):
        attributes = {
            "http.request.method": "GET",
            "url.path": f"/{name}/{number}",
            "url.scheme": "http",
            "http.response.status_code": 500 if number == 0 else 200,
        }
        with tracer.start_as_current_span("GET /{name}", kind=SpanKind.SERVER, attributes=attributes):
            with tracer.start_as_current_span("inner"):
                pass
    assert provider.force_flush()
    provider.shutdown()
