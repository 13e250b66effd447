import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange } from "../../../../test/support/build-exchange.ts";
import type { Connection, HttpExchange } from "../../../model/index.ts";
import { hasReached, type StreamPhase } from "./stream-phase.ts";
import { ATTRIBUTES } from "./table.ts";

const SUBJECTS = ["exchange", "flow", "event"] as const;

test("every attribute has its own name, a getter for each of its kinds, and no other", () => {
  assert.equal(new Set(ATTRIBUTES.map(({ name }) => name)).size, ATTRIBUTES.length);
  for (const { name, kinds, get } of ATTRIBUTES) {
    const subjects = new Set(kinds.map((kind) => (kind === "flow" || kind === "event" ? kind : "exchange")));
    assert.deepEqual(
      SUBJECTS.filter((subject) => get[subject] !== undefined),
      SUBJECTS.filter((subject) => subjects.has(subject)),
      name,
    );
  }
});

test("what an attribute says in its phase is what it says in the end", () => {
  const whole = buildExchange({
    method: "POST",
    target: "/a?b=1",
    status: 503,
    requestHeaders: { "x-request-id": "7", referer: "/", "user-agent": "u", "content-type": "text/plain" },
    responseHeaders: { "content-type": "text/html" },
    requestBody: "request",
    responseBody: "response",
    connection: {
      process: { pid: 1, command: "c", pod: "p", namespace: "n" },
      tls: { sni: "s", version: "TLSv1.3", cipher: "c", alpn: "h2", ja4: "j", decrypted: true },
      opened: { seconds: 1, nanos: 2 },
    },
  });
  for (const phase of ["made", "open", "request-headers", "response-headers"] as const)
    for (const attribute of ATTRIBUTES)
      if (hasReached(phase, attribute.phase) && attribute.get.exchange !== undefined) {
        const { exchange: get } = attribute.get;
        assert.deepEqual(get(upTo(phase, whole)), get(whole), `${attribute.name} in ${phase}`);
      }
});

/** The exchange as far as a phase brings it. */
function upTo(phase: StreamPhase, { connection, request, response, ...rest }: HttpExchange): HttpExchange {
  const { tls: _, opened: __, ...made } = connection;
  const nothing = { trailers: [], body: { bytes: new Uint8Array(0), size: 0, truncated: false, complete: false } };
  const started = { seconds: 0, nanos: 0 };
  return {
    ...rest,
    id: 0,
    protocol: "",
    times: {},
    quality: "unfinished",
    connection: (phase === "made" ? made : connection) as Connection,
    ...(hasReached(phase, "request-headers") &&
      request && { request: { ...request, ...nothing, headBytes: 0, started } }),
    ...(hasReached(phase, "response-headers") &&
      response && { response: { ...response, ...nothing, headBytes: 0, started } }),
  };
}
