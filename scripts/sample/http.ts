import type { End, Message, Packets } from "./packets.ts";

/** One request over HTTP/1.1 and its response, with JSON for bodies. */
export interface Call {
  readonly at: number;
  /** How long the answer takes, in milliseconds. */
  readonly takes: number;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly status: string;
  readonly responseHeaders?: Readonly<Record<string, string>>;
  readonly responseBody?: unknown;
}

/** A connection with these requests on it, one after another. */
export function talkHttp(packets: Packets, client: End, server: End, host: string, calls: readonly Call[]): void {
  packets.talk(
    client,
    server,
    calls.flatMap((call) => messagesOf(call, host)),
  );
}

/** The two messages of a call. */
export function messagesOf(call: Call, host: string): Message[] {
  const request = makeMessage(
    `${call.method} ${call.path} HTTP/1.1`,
    { host, "user-agent": "shop-app/3.1", ...call.headers },
    call.body,
  );
  const response = makeMessage(`HTTP/1.1 ${call.status}`, call.responseHeaders ?? {}, call.responseBody);
  return [
    { from: "client", at: call.at, data: request },
    { from: "server", at: call.at + call.takes, data: response },
  ];
}

function makeMessage(start: string, headers: Readonly<Record<string, string>>, body: unknown): string {
  const text = body === undefined ? "" : JSON.stringify(body);
  const isResponse = start.startsWith("HTTP/");
  const all = {
    ...headers,
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(body === undefined && !isResponse ? {} : { "content-length": String(text.length) }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${start}\r\n${lines.join("")}\r\n${text}`;
}
