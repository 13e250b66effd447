import type { StreamPhase, StreamView } from "../../analysis/filter/index.ts";
import { blankHttpExchange } from "../../analysis/http/blank-exchange.ts";
import { type Body, type Connection, EPOCH, type Header, type HttpExchange } from "../../model/index.ts";
import type { HeaderPhase } from "../config/match-predicate.ts";

/** Shows expressions what is known of a stream before its end, by its headers, until more is: it is made where one asks. */
export class StreamViewer implements StreamView {
  phase: StreamPhase = "made";
  readonly #connection: Connection;
  #request: readonly Header[] | undefined;
  #response: readonly Header[] | undefined;
  #exchange: HttpExchange | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Whether more is known than before: trailers are asked about at the end. */
  onHeaders(phase: HeaderPhase, headers: readonly Header[]): boolean {
    if (phase === "request-headers") this.#request = headers;
    else if (phase === "response-headers") this.#response = headers;
    else return false;
    this.#exchange = undefined;
    this.phase = phase;
    return true;
  }

  get exchange(): HttpExchange {
    this.#exchange ??= this.#make();
    return this.#exchange;
  }

  #make(): HttpExchange {
    const [request, response] = [this.#request, this.#response];
    return {
      ...blankHttpExchange(this.#connection),
      ...(request && { request: readRequest(request) }),
      ...(response && { response: readResponse(response) }),
    };
  }
}

function readRequest(headers: readonly Header[]): NonNullable<HttpExchange["request"]> {
  const find = (name: string) => headers.find((header) => header.name === name)?.value;
  const parts = { method: find(":method"), target: find(":path"), scheme: find(":scheme") };
  const authority = find(":authority") ?? find("host");
  return { ...messageOf(headers), ...known({ ...parts, authority }) };
}

function readResponse(headers: readonly Header[]): NonNullable<HttpExchange["response"]> {
  const status = Number(headers.find(({ name }) => name === ":status")?.value);
  return { ...messageOf(headers), ...(Number.isInteger(status) && { status }) };
}

function messageOf(headers: readonly Header[]) {
  return { headers, trailers: [], body: NO_BODY, headBytes: 0, started: EPOCH };
}

const NO_BODY: Body = { bytes: new Uint8Array(0), size: 0, truncated: false, complete: false };

function known<Name extends string>(parts: Record<Name, string | undefined>): Partial<Record<Name, string>> {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as Partial<
    Record<Name, string>
  >;
}
