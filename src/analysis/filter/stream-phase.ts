import type { Connection, Exchange } from "../../model/index.ts";
import type { Compiled } from "./compiled.ts";

/**
 * An exchange that is still going on, as far as it has come. What a later phase brings is not known yet, which is not the
 * same as missing: `has(response.code)` is neither true nor false before the response.
 */
export interface StreamView {
  readonly phase: StreamPhase;
  /** What is known of it: what belongs to a later phase is not looked at. */
  readonly exchange: Exchange;
}

/**
 * In their order: the connection was made; it can be used (TLS is established); the request's headers came; the
 * response's headers came; the exchange is over.
 */
const STREAM_PHASES = ["made", "open", "request-headers", "response-headers", "end"] as const;
export type StreamPhase = (typeof STREAM_PHASES)[number];

/** Attributes that are known before the end, by the phase that brings them. */
const KNOWN_FROM: Readonly<Partial<Record<StreamPhase, readonly string[]>>> = {
  made: [
    "source.address",
    "source.port",
    "destination.address",
    "destination.port",
    "connection.id",
    "connection.transport",
    "connection.role",
    "connection.source",
    "connection.pid",
    "connection.command",
    "connection.pod",
    "connection.namespace",
  ],
  open: [
    "connection.requested_server_name",
    "connection.tls_version",
    "connection.tls",
    "connection.cipher",
    "connection.alpn",
    "connection.ja4",
    "connection.decrypted",
    "connection.opened",
  ],
  "request-headers": [
    "request.method",
    "request.path",
    "request.url_path",
    "request.query",
    "request.host",
    "request.scheme",
    "request.headers",
    "request.referer",
    "request.useragent",
    "request.id",
    "request.content_type",
  ],
  "response-headers": ["response.code", "response.headers", "response.content_type"],
};

const PHASE_OF: ReadonlyMap<string, StreamPhase> = new Map(
  Object.entries(KNOWN_FROM).flatMap(([phase, names]) => names.map((name) => [name, phase as StreamPhase])),
);

/** The phase from which on an attribute is known. */
export function phaseOfAttribute(name: string): StreamPhase {
  return PHASE_OF.get(name) ?? "end";
}

export function hasReached(phase: StreamPhase, wanted: StreamPhase): boolean {
  return STREAM_PHASES.indexOf(phase) >= STREAM_PHASES.indexOf(wanted);
}

/** The phase from which on all that an expression takes is known. */
export function phaseOfInputs(inputs: readonly Compiled[]): StreamPhase {
  return latest(inputs.map(({ phase }) => phase ?? "made"));
}

/** The phase from which on all of some attributes are known: a filter that says nothing then will not say more. */
export function phaseOfAttributes(names: Iterable<string>): StreamPhase {
  return latest([...names].map(phaseOfAttribute));
}

function latest(phases: readonly StreamPhase[]): StreamPhase {
  return phases.reduce<StreamPhase>((last, phase) => (hasReached(phase, last) ? phase : last), "made");
}

/** A stream whose connection was made, or opened, and of which no request came yet. */
export function viewConnection(connection: Connection, phase: "made" | "open"): StreamView {
  return {
    phase,
    exchange: {
      id: 0,
      connection,
      protocol: "",
      streamId: 0,
      index: 0,
      times: {},
      quality: "unfinished",
      problems: [],
    },
  };
}
