import type { StreamView } from "../../analysis/filter/index.ts";
import { blankHttpExchange } from "../../analysis/http/blank-exchange.ts";
import { type Body, type Connection, EPOCH, type Header, type HttpExchange } from "../../model/index.ts";
import type { HeaderPhase } from "../config/match-predicate.ts";

/** Makes of the headers of a stream what expressions can be asked about before its end. */
export class StreamViewer {
  readonly connection: Connection;
  #exchange: HttpExchange;

  constructor(connection: Connection) {
    this.connection = connection;
    this.#exchange = blankHttpExchange(connection);
  }

  /** The stream as it is known now; undefined where that is no more than before: trailers are asked about at the end. */
  onHeaders(phase: HeaderPhase, headers: readonly Header[]): StreamView | undefined {
    const message = { headers, trailers: [], body: NO_BODY, headBytes: 0, started: EPOCH };
    const find = (name: string) => headers.find((header) => header.name === name)?.value;
    if (phase === "request-headers") {
      const parts = { method: find(":method"), target: find(":path"), scheme: find(":scheme") };
      const authority = find(":authority") ?? find("host");
      this.#exchange = { ...this.#exchange, request: { ...message, ...known({ ...parts, authority }) } };
    } else if (phase === "response-headers") {
      const status = Number(find(":status"));
      this.#exchange = { ...this.#exchange, response: { ...message, ...(Number.isInteger(status) && { status }) } };
    } else return undefined;
    return { phase, exchange: this.#exchange };
  }
}

const NO_BODY: Body = { bytes: new Uint8Array(0), size: 0, truncated: false, complete: false };

function known<Name extends string>(parts: Record<Name, string | undefined>): Partial<Record<Name, string>> {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as Partial<
    Record<Name, string>
  >;
}
