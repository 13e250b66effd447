import type { HttpExchange, RequestMessage, ResponseMessage } from "../../model/index.ts";
import { applicationsOf } from "../applications/applications-of.ts";
import { replaceBodies } from "../content/decode-bodies.ts";
import type { NameEvidence } from "../identity/name-evidence.ts";
import { readTraceContext } from "../identity/trace-context.ts";
import type { ExchangeSizes, ProtocolRow } from "../protocols/protocol-row.ts";
import { HTTP_ATTRIBUTES } from "./attributes/index.ts";
import { httpCells } from "./cells.ts";
import { httpDetails, httpFacts } from "./details.ts";
import { HTTP_DOCUMENT } from "./document.ts";
import { HTTP_HAR } from "./har/har.ts";
import { HTTP1_DETECTOR } from "./http1/detector.ts";
import { HTTP2_DETECTOR } from "./http2/index.ts";
import { httpOperation } from "./operation.ts";
import { httpOutcome } from "./outcome.ts";
import { presentHttpExchange } from "./presented-exchange.ts";
import { toTelemetry } from "./telemetry/index.ts";

/** HTTP/1 and HTTP/2, with what runs on top of them. */
export const HTTP: ProtocolRow<"http"> = {
  kind: "http",
  doc: "HTTP/1.0, HTTP/1.1 and HTTP/2, with WebSocket, Server-Sent Events and gRPC on top of them",
  protocols: /^(?:http\/\d|h[23]$)/,
  detectors: [HTTP2_DETECTOR, HTTP1_DETECTOR],
  shortForms: {
    http: "has(protocol) && (protocol.startsWith('http') || protocol == 'h2')",
    http1: "has(protocol) && protocol.startsWith('http/1')",
    http2: "has(protocol) && protocol == 'h2'",
    h2: "has(protocol) && protocol == 'h2'",
  },
  attributes: HTTP_ATTRIBUTES,
  operation: httpOperation,
  outcome: httpOutcome,
  sizes,
  evidence,
  applications: applicationsOf,
  cells: httpCells,
  details: httpDetails,
  facts: httpFacts,
  present: presentHttpExchange,
  replaceBodies,
  report: toTelemetry,
  document: HTTP_DOCUMENT,
  har: HTTP_HAR,
};

function sizes({ request, response }: HttpExchange): ExchangeSizes {
  if (request === undefined) return response === undefined ? {} : { response: sizeOf(response) };
  return response === undefined
    ? { request: sizeOf(request) }
    : { request: sizeOf(request), response: sizeOf(response) };
}

function sizeOf({ headBytes, body }: RequestMessage | ResponseMessage): number {
  return headBytes + body.size;
}

function evidence({ request }: HttpExchange): NameEvidence {
  if (request === undefined) return {};
  const { authority, headers } = request;
  const trace = readTraceContext(headers);
  return authority === undefined ? trace : { host: authority, ...trace };
}
