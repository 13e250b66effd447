import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange, TEST_TIME } from "../../../test/support/build-exchange.ts";
import { RequestJoiner } from "../identity/request-joiner.ts";
import { viewOf } from "./index.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

test("a view tells place, standpoint, operation, identifiers, connection and time of an exchange", () => {
  const exchange = buildExchange({
    target: "/cart?x=1",
    requestHeaders: { traceparent: `00-${TRACE}-00f067aa0ba902b7-01`, "x-request-id": "r1" },
    connection: { opened: TEST_TIME, process: { pid: 1, command: "nginx" }, source: "eth0" },
  });
  assert.deepEqual(viewOf(exchange, "agent-1"), {
    place: "agent-1 eth0 server",
    standpoint: "server",
    operation: "GET /cart",
    traceId: TRACE,
    requestId: "r1",
    service: "nginx",
    conversations: ["tcp 10.0.0.1:1234 10.0.0.2:80"],
    position: 0,
    started: TEST_TIME,
  });
});

test("x-request-id alone is no trace", () => {
  const { traceId, requestId } = viewOf(buildExchange({ requestHeaders: { "x-request-id": "r1" } }));
  assert.deepEqual([traceId, requestId], [undefined, "r1"]);
});

test("a proxy's two sides, the server behind it and a capture before it see one request", () => {
  const joiner = new RequestJoiner();
  const upstream = {
    ...buildExchange().connection,
    role: "client" as const,
    local: { kind: "ip" as const, address: "10.0.0.2", port: 5000 },
    remote: { kind: "ip" as const, address: "10.0.0.3", port: 8080 },
    source: "shop",
    seenAt: "cluster" as const,
  };
  const server = { role: "server" as const, local: upstream.remote, remote: upstream.local };
  const views = [
    viewOf(buildExchange(), "a.pcap"),
    viewOf(buildExchange({ connection: { source: "ingress", seenAt: "listener", forwardedOn: upstream } }), "proxy"),
    viewOf(buildExchange({ connection: upstream }), "proxy"),
    viewOf(buildExchange({ connection: { ...server, process: { pid: 1, command: "node" } } }), "agent"),
  ];
  assert.deepEqual(
    views.map(({ standpoint }) => standpoint),
    ["wire", "proxy", "proxy", "server"],
  );
  const requests = new Set(views.map((view) => joiner.join(view).request));
  assert.equal(requests.size, 1);
  assert.equal([...requests][0]!.counted, views[3]);
});
