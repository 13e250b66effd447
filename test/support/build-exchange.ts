import {
  type Body,
  type Connection,
  type Header,
  type HttpExchange,
  NO_APPLICATION,
  type RequestMessage,
  type ResponseMessage,
  type Timestamp,
} from "../../src/model/index.ts";

/** The parts of an exchange that a test names; the rest is a plain GET that was answered with 200. */
export interface ExchangeParts {
  method?: string;
  target?: string;
  authority?: string;
  status?: number;
  requestHeaders?: Record<string, string>;
  responseHeaders?: Record<string, string>;
  requestBody?: string | Uint8Array;
  responseBody?: string | Uint8Array;
  /** Leaves a message out. */
  without?: "request" | "response";
  connection?: Partial<Connection>;
  exchange?: Partial<HttpExchange>;
}

export const TEST_TIME: Timestamp = { seconds: 1_700_000_000, nanos: 0 };

/** From 10.0.0.1:1234 to 10.0.0.2:80, answered after 20 ms, ended after 30 ms. */
export function buildExchange(parts: ExchangeParts = {}): HttpExchange {
  const at = (millis: number): Timestamp => ({ seconds: TEST_TIME.seconds, nanos: millis * 1e6 });
  const authority = parts.authority ?? "example.com";
  const request: RequestMessage = {
    method: parts.method ?? "GET",
    target: parts.target ?? "/",
    authority,
    scheme: "http",
    headers: [{ name: "Host", value: authority }, ...toHeaders(parts.requestHeaders)],
    trailers: [],
    body: buildBody(parts.requestBody),
    headBytes: 100,
    started: at(0),
    finished: at(10),
  };
  const response: ResponseMessage = {
    status: parts.status ?? 200,
    reason: "OK",
    headers: toHeaders(parts.responseHeaders),
    trailers: [],
    body: buildBody(parts.responseBody),
    headBytes: 80,
    started: at(20),
    finished: at(30),
  };
  return {
    id: 1,
    connection: {
      id: 7n,
      transport: "tcp",
      role: "server",
      local: { kind: "ip", address: "10.0.0.2", port: 80 },
      remote: { kind: "ip", address: "10.0.0.1", port: 1234 },
      ...parts.connection,
    },
    kind: "http",
    protocol: "http/1.1",
    streamId: 0,
    index: 0,
    application: NO_APPLICATION,
    ...(parts.without === "request" ? {} : { request }),
    ...(parts.without === "response" ? {} : { response }),
    times: { requestStart: at(0), requestEnd: at(10), responseStart: at(20), responseEnd: at(30) },
    quality: "complete",
    problems: [],
    ...parts.exchange,
  };
}

export function buildBody(content: string | Uint8Array = ""): Body {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { bytes, size: bytes.length, truncated: false, complete: true };
}

function toHeaders(headers: Record<string, string> = {}): Header[] {
  return Object.entries(headers).map(([name, value]) => ({ name, value }));
}
