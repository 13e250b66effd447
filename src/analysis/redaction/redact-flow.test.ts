import assert from "node:assert/strict";
import { test } from "node:test";
import type { FlowEvent } from "../../model/index.ts";
import { auditFlow } from "../audit/index.ts";
import { mayHoldSecrets, redactFlow } from "./redact-flow.ts";
import { Redactor } from "./redactor.ts";

const SECRETS = [
  "Zq6b86b273ff34fce19d6b804e",
  "hunter2summer",
  "Zqd4735e3a265e16eee03f5971",
  "Zq4e07408562bedb8b60ce05c1d",
];
const [TOKEN, PASSWORD, COOKIE, BODY] = SECRETS as [string, string, string, string];
const URL = `http://bob:${PASSWORD}@shop.example/orders?api_key=${TOKEN}&page=2`;

const FLOW: FlowEvent = {
  kind: "l7",
  summary: `http-request FORWARDED (HTTP/1.1 GET ${URL})`,
  attributes: { "http.url": URL, "l7.protocol": "http", "http.status": 200 },
  document: {
    flow: {
      l7: {
        type: "REQUEST",
        http: {
          method: "GET",
          url: URL,
          headers: [
            { key: "Cookie", value: `sid=${COOKIE}; theme=dark` },
            { key: "Authorization", value: `Bearer ${TOKEN}` },
            { key: "X-Request-Id", value: "7b0e3b1e-53a4-4f0a-9d55-0f2a4f7d9e11" },
          ],
        },
      },
      extensions: { client_secret: BODY },
    },
  },
};

test("a flow of what a proxy has logged has no secrets in it, in whatever is shown of it; what is none stays", () => {
  const redacted = redactFlow(FLOW, new Redactor());
  const text = JSON.stringify(redacted);
  for (const secret of SECRETS) assert.ok(!text.includes(secret), secret);
  for (const kept of [
    "shop.example/orders",
    "page=2",
    "7b0e3b1e-53a4-4f0a-9d55-0f2a4f7d9e11",
    "sid=",
    '"http.status":200',
  ])
    assert.ok(text.includes(kept), kept);
  assert.deepEqual(redactFlow(redacted, new Redactor()), redacted);
});

test("the name of a Kafka request, which is called its API key, is none", () => {
  const document = { flow: { l7: { kafka: { api_key: "fetch", topic: "t" }, extensions: { api_key: TOKEN } } } };
  const redacted = redactFlow({ ...FLOW, document }, new Redactor());
  assert.match(JSON.stringify(redacted.document), /"api_key":"fetch","topic":"t"/);
  assert.ok(!JSON.stringify(redacted.document).includes(TOKEN));
});

test("words of another program are looked at, of whatever it tells", () => {
  const message = `password=${TOKEN}`;
  const flow: FlowEvent = {
    kind: "debug",
    summary: message,
    attributes: {},
    document: { flow: { Summary: message, debug_event: { message } } },
  };
  assert.ok(!JSON.stringify(redactFlow(flow, new Redactor())).includes(TOKEN));
});

test("what the datapath saw of packets is not looked into", () => {
  const flow: FlowEvent = {
    kind: "drop",
    summary: "xx drop (Policy denied)",
    attributes: { "drop.reason": "Policy denied" },
  };
  assert.equal(redactFlow(flow, new Redactor()), flow);
});

test("a flow may hold secrets where another program's words are in it", () => {
  const of = (kind: FlowEvent["kind"], more?: Partial<FlowEvent>) =>
    mayHoldSecrets({ kind, summary: "", attributes: {}, ...more });
  for (const kind of ["l7", "agent"] as const) assert.ok(of(kind), kind);
  for (const kind of ["drop", "trace", "debug"] as const) {
    assert.ok(!of(kind), kind);
    assert.ok(of(kind, { document: {} }), kind);
  }
});

test("the audit says where a flow has secrets, and not which", () => {
  const findings = auditFlow(FLOW, new Redactor(), 3);
  const text = JSON.stringify(findings);
  for (const secret of SECRETS) assert.ok(!text.includes(secret));
  const places = findings.map(({ place }) => place);
  assert.ok(places.includes("flow 3 document.flow.extensions.client_secret"), places.join("\n"));
  assert.ok(
    places.some((place) => place.startsWith("flow 3 document.flow.l7.http.headers")),
    places.join("\n"),
  );
});

test("a text is judged by its member's name, too", () => {
  const document = { flow: { extensions: { password: "hunter2x", city: "hunter2x" } } };
  const redacted = redactFlow({ ...FLOW, document }, new Redactor()).document as typeof document;
  assert.match(redacted.flow.extensions.password, /^redacted-password-/);
  assert.equal(redacted.flow.extensions.city, "hunter2x");
});
