import { blankHttpExchange } from "../../analysis/http/blank-exchange.ts";
import {
  type Body,
  type Connection,
  type Endpoint,
  type HttpExchange,
  type Timestamp,
  timestampFromMillis,
} from "../../model/index.ts";
import type { Telemetry, TelemetryMessage } from "../../wire/telemetry/index.ts";

/** An exchange as a trace exporter reported it. What the report does not say is not known, and not told as known. */
export function exchangeOfTelemetry(telemetry: Telemetry, id: number): HttpExchange {
  const { request, response, scheme } = telemetry;
  const [started, finished] = [timeOf(request), timeOf(response)];
  const status = /^\d{3}$/.test(response.statusCode) ? Number(response.statusCode) : undefined;
  const hasResponse = status !== undefined || response.headers.length > 0;
  const isTruncated = request.truncated || response.truncated;
  return {
    ...blankHttpExchange(connectionOf(telemetry)),
    id,
    protocol: PROTOCOLS[request.version.toUpperCase()] ?? PROTOCOLS[response.version.toUpperCase()] ?? "http/1.1",
    request: {
      ...(request.method !== "" && { method: request.method }),
      ...(request.path !== "" && { target: request.path }),
      ...(scheme !== "" && { scheme }),
      ...(request.host !== "" && { authority: request.host }),
      headers: request.headers,
      trailers: [],
      body: bodyOf(request),
      headBytes: 0,
      ...(started && { started }),
    },
    ...(hasResponse && {
      response: {
        ...(status !== undefined && { status }),
        headers: response.headers,
        trailers: [],
        body: bodyOf(response),
        headBytes: 0,
        ...(finished && { finished }),
      },
    }),
    times: {
      ...(started && { requestStart: started }),
      ...(finished && hasResponse && { responseEnd: finished }),
    },
    quality: hasResponse ? (isTruncated ? "truncated" : "complete") : "unpaired",
    problems: hasResponse ? [] : ["no-response"],
  };
}

const PROTOCOLS: Readonly<Record<string, string>> = {
  "HTTP/1.0": "http/1.0",
  "HTTP/1.1": "http/1.1",
  "HTTP/2": "h2",
  "HTTP/2.0": "h2",
};

/** Two reports of one connection cannot be told to be of one. */
function connectionOf({ destinationAddress, sourceAddress, destinationNamespace }: Telemetry): Connection {
  return {
    id: 0n,
    transport: "tcp",
    role: "server",
    local: endpointOf(destinationAddress),
    remote: endpointOf(sourceAddress),
    source: "trace-exporter",
    ...(destinationNamespace !== "" && { process: { pid: 0, namespace: destinationNamespace } }),
  };
}

/** `10.0.0.9:8080`, `[::1]:80`, a path. */
function endpointOf(text: string): Endpoint | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  if (match !== null) return { kind: "ip", address: (match[1] ?? match[2])!, port: Number(match[3]) };
  return text === "" ? undefined : { kind: "pipe", path: text };
}

function bodyOf({ body, truncated }: TelemetryMessage): Body {
  return { bytes: body, size: body.length, truncated, complete: !truncated };
}

function timeOf({ timeMillis }: TelemetryMessage): Timestamp | undefined {
  return timeMillis === undefined ? undefined : timestampFromMillis(timeMillis);
}
