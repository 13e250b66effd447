import { APPLICATIONS, applicationError, isToldByHeads } from "../applications/table.ts";
import type { Attribute } from "../filter/attributes/attribute.ts";
import { NAME_SOURCES, namePeer, nameService } from "../identity/service-name.ts";
import { applicationsIn, PROTOCOLS, rowOf } from "./table.ts";

/** Attributes that every kind of exchange has because its row gives them. */
export const COMMON_ATTRIBUTES: readonly Attribute[] = [
  {
    name: "kind",
    type: "string",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: ({ kind }) => kind },
    values: Object.keys(PROTOCOLS),
    doc: `the kind of exchange: ${list(Object.keys(PROTOCOLS))}`,
  },
  {
    name: "operation",
    type: "string",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: (exchange) => rowOf(exchange).operation(exchange) },
    doc: "what was asked for, without parameters: `GET /cart`, `helloworld.Greeter/SayHello`",
  },
  {
    name: "outcome",
    type: "string",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: (exchange) => rowOf(exchange).outcome(exchange)?.result },
    values: ["ok", "redirect", "client-error", "error", "none"],
    doc: "`ok`, `redirect` (3xx), `client-error` (4xx), `error` (5xx, a gRPC status other than OK, a reset, …), `none` (no answer)",
  },
  {
    name: "outcome.reason",
    type: "string",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: (exchange) => rowOf(exchange).outcome(exchange)?.reason },
    doc: "the error's word, or why there was no answer: `503`, `UNAVAILABLE`, `reset:CANCEL`, `closed by the server after 12 ms`",
  },
  {
    name: "application",
    type: "string",
    kinds: ["exchange"],
    phase: "end",
    ofBodies: true,
    get: { exchange: (exchange) => applicationsIn(exchange)[0]?.name },
    values: Object.keys(APPLICATIONS),
    doc: `${list(Object.keys(APPLICATIONS))}, where that was recognised: the outermost`,
  },
  {
    name: "applications",
    type: { list: "string" },
    kinds: ["exchange"],
    phase: "end",
    ofBodies: true,
    values: Object.keys(APPLICATIONS),
    get: { exchange: (exchange) => applicationsIn(exchange).map(({ name }) => name) },
    holds: (item) => ({
      exchange: isToldByHeads(item)
        ? ({ application }) => application.length > 0 && application.some(({ name }) => name === item)
        : (exchange) => applicationsIn(exchange).some(({ name }) => name === item),
    }),
    holdsWithoutBodies: isToldByHeads,
    doc: "all that runs inside, from the outside in: `'mcp' in applications`",
  },
  {
    name: "application.error",
    type: "string",
    kinds: ["exchange"],
    phase: "end",
    ofBodies: true,
    get: { exchange: (exchange) => applicationError(applicationsIn(exchange)) },
    doc: "the error that what runs inside ended with, whatever HTTP's status: `NOT_FOUND`, `-32601`, GraphQL's code or `errors`, `tool-error`, `rate_limit_error`",
  },
  {
    name: "service.name",
    type: "string",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: (exchange) => nameService(exchange.connection, rowOf(exchange).evidence(exchange))?.name },
    doc: "who answered, by the best evidence there is",
  },
  {
    name: "service.source",
    type: "string",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: (exchange) => nameService(exchange.connection, rowOf(exchange).evidence(exchange))?.source },
    values: NAME_SOURCES,
    doc: `which evidence that is, the best first: ${list(NAME_SOURCES)}`,
  },
  {
    name: "peer.name",
    type: "string",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: (exchange) => namePeer(exchange.connection, rowOf(exchange).evidence(exchange))?.name },
    doc: "who asked, by the best evidence there is",
  },
  {
    name: "peer.source",
    type: "string",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: (exchange) => namePeer(exchange.connection, rowOf(exchange).evidence(exchange))?.source },
    doc: "which evidence that is, as service.source",
  },
  {
    name: "trace.id",
    type: "string",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: (exchange) => rowOf(exchange).evidence(exchange).traceId },
    doc: "the trace that it is part of: from traceparent, b3, sw8, uber-trace-id or x-request-id, in this order",
  },
];

function list(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}
