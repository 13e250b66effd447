import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { checkDocument } from "../../../test/support/check-document.ts";
import type { Connection } from "../../model/index.ts";
import { fieldsOf } from "../../wire/json/fields.ts";
import { readConnection } from "../../wire/ndjson/document-connections.ts";
import { exchangeDocument, rowOf } from "../protocols/index.ts";
import { namePeer, nameService } from "./service-name.ts";

const UPSTREAM: Connection = {
  ...buildExchange().connection,
  role: "client",
  source: "backend",
  seenAt: "cluster",
};

/** Everything that a connection may tell at once; each case takes the best evidence away from the one before. */
const CASES: readonly [what: string, connection: Partial<Connection>, name: string, source: string][] = [
  [
    "the pod of the tapped server",
    { process: { pid: 1, command: "nginx", pod: "web-0" }, forwardedOn: UPSTREAM, tls: { sni: "sni.example" } },
    "web-0",
    "process",
  ],
  ["its command", { process: { pid: 1, command: "nginx" }, forwardedOn: UPSTREAM }, "nginx", "process"],
  ["how it calls itself in its telemetry", { named: { local: "shop" }, forwardedOn: UPSTREAM }, "shop", "telemetry"],
  [
    "how the one that asked knows it by its telemetry",
    { role: "client", named: { local: "cart", remote: "shop" }, source: "agent" },
    "shop",
    "telemetry",
  ],
  [
    "the cluster that the proxy forwards to",
    { forwardedOn: UPSTREAM, source: "ingress", seenAt: "listener" },
    "backend",
    "cluster",
  ],
  ["the proxy's listener", { source: "ingress", seenAt: "listener" }, "ingress", "listener"],
  ["the TLS server name, and not the file", { source: "a.pcap", tls: { sni: "sni.example" } }, "sni.example", "sni"],
  ["the Host header, without its port", { source: "a.pcap" }, "shop.example", "host"],
];

for (const [what, connection, name, source] of CASES)
  test(`who answered: ${what}`, () => {
    const exchange = buildExchange({ authority: "Shop.Example:8080", connection });
    assert.deepEqual(nameService(exchange.connection, rowOf(exchange).evidence(exchange)), { name, source });
  });

test("the user that a target names is no part of who answered", () => {
  for (const [authority, name] of [
    ["bob:secret@Shop.Example:8080", "shop.example"],
    ["a@b@shop.example", "shop.example"],
    ["bob@192.0.2.1:80", "10.0.0.2:80"],
  ] as const) {
    const exchange = buildExchange({ authority, connection: { source: "a.pcap" } });
    assert.equal(nameService(exchange.connection, rowOf(exchange).evidence(exchange))?.name, name);
  }
});

test("what is read back from a document has the same names", () => {
  for (const [what, connection] of CASES) {
    const exchange = buildExchange({ authority: "shop.example", connection });
    const document = JSON.parse(JSON.stringify(exchangeDocument(exchange)));
    checkDocument(document);
    const again = readConnection(fieldsOf(document.connection));
    const evidence = rowOf(exchange).evidence(exchange);
    assert.deepEqual(nameService(again, evidence), nameService(exchange.connection, evidence), what);
    assert.deepEqual(namePeer(again, evidence), namePeer(exchange.connection, evidence), what);
  }
});

test("who answered, where the request asks for an address: the address and port of the connection", () => {
  for (const authority of ["192.168.1.1:8080", "[fd00::1]:80"]) {
    const exchange = buildExchange({ authority });
    assert.deepEqual(nameService(exchange.connection, rowOf(exchange).evidence(exchange)), {
      name: "10.0.0.2:80",
      source: "address",
    });
  }
  assert.equal(nameService({ ...buildExchange().connection, local: undefined }, {}), undefined);
});

test("who asked: the tapped client's process, what its tracing says, its address without the port", () => {
  const { connection } = buildExchange();
  const process = { pid: 1, command: "curl" };
  assert.deepEqual(namePeer({ ...connection, role: "client", process }, { peerService: "t" }), {
    name: "curl",
    source: "process",
  });
  assert.deepEqual(namePeer({ ...connection, process }, { peerService: "t" }), { name: "t", source: "telemetry" });
  const named = { local: "cart", remote: "shop" };
  assert.deepEqual(namePeer({ ...connection, role: "client", named }, {}), { name: "cart", source: "telemetry" });
  assert.deepEqual(namePeer(connection, {}), { name: "10.0.0.1", source: "address" });
});
