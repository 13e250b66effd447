/** Pipelined requests in routed mode: answers stand in their order, whole, and nothing is read behind the last one. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { dial, type Harness, ip, readAll, startProxy } from "./support/proxy-harness.ts";

const TYPE = "type.googleapis.com/envoy.extensions";
const SLOW = "GET /slow HTTP/1.1\r\nhost: h\r\n\r\n";
const NEXT = "GET /next HTTP/1.1\r\nhost: h\r\n\r\n";
const get = (...headers: readonly string[]) => `GET /get HTTP/1.1\r\nhost: h\r\n${headers.join("\r\n")}\r\n\r\n`;
/** The body of /slow, in its chunks. */
const WHOLE = "2\r\nsl\r\n2\r\now\r\n0\r\n\r\n";

/** Behind a slow answer: what comes after it, and what the endpoint was asked. */
const BEHIND: Readonly<Record<string, readonly [sent: string, answer: RegExp, asked: readonly string[]]>> = {
  garbage: ["garbage\r\n\r\n", /^HTTP\/1\.1 400 Bad Request\r\n.*\r\n\r\nBad Request$/s, ["/slow"]],
  "two hosts": [get("host: i"), /^HTTP\/1\.1 400 /, ["/slow"]],
  "another coding": [get("transfer-encoding: x"), /^HTTP\/1\.1 501 /, ["/slow"]],
  "a tunnel that is not taken": ["CONNECT h:1 HTTP/1.1\r\nhost: h:1\r\n\r\n", /^HTTP\/1\.1 404 /, ["/slow"]],
  "an upgrade that is not taken": [get("connection: upgrade", "upgrade: x"), /^HTTP\/1\.1 403 /, ["/slow"]],
  "the last": [
    `${get("connection: close")}${NEXT}`,
    /^HTTP\/1\.1 200 [^/]*\r\n\r\n4\r\n\/get\r\n0\r\n\r\n$/s,
    ["/slow", "/get"],
  ],
  "the last, and garbage": [
    `${get("connection: close")}x\r\n\r\n`,
    /^HTTP\/1\.1 200 .*\/get\r\n0\r\n\r\n$/s,
    ["/slow", "/get"],
  ],
};

describe("pipelined requests in routed mode", () => {
  let asked: string[] = [];
  const endpoint = createServer((request, response) => {
    asked.push(request.url!);
    request.resume();
    if (request.url !== "/slow") {
      response.write(request.url);
      response.end();
      return;
    }
    response.write("sl");
    setTimeout(() => response.end("ow"), 50);
  });
  let harness: Harness;

  before(async () => {
    await once(endpoint.listen(0, "127.0.0.1"), "listening");
    harness = await startProxy(bootstrap());
  });
  after(() => {
    harness.proxy.stop();
    endpoint.close();
  });

  for (const [name, [sent, answer, expected]] of Object.entries(BEHIND))
    test(`${name} behind a slow answer`, { timeout: 30_000 }, async () => {
      asked = [];
      const client = await dial(harness.port);
      client.write(SLOW + sent);
      const text = await readAll(client);
      const end = text.indexOf(WHOLE);
      assert.ok(end > 0, `the answer is not whole: ${text}`);
      assert.match(text.slice(end + WHOLE.length), answer);
      assert.deepEqual(asked, expected);
    });

  test("a client that stays after such an answer is closed", { timeout: 30_000 }, async () => {
    const client = await dial(harness.port);
    client.allowHalfOpen = true;
    client.resume().write("garbage\r\n\r\n");
    await once(client, "end");
    // It sends on, and is told in the end that nobody reads.
    const timer = setInterval(() => client.write("x"), 50);
    await once(client, "close").catch(() => {});
    clearInterval(timer);
  });

  function bootstrap(): string {
    const { port } = endpoint.address() as AddressInfo;
    return `static_resources:
  listeners:
  - name: front
    address: ${ip(0)}
    filter_chains:
    - filters:
      - name: h
        typed_config: {"@type": ${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: h, route_config: {virtual_hosts: [{name: a, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: one, timeout: 60s}}]}]}, http_filters: [{name: r, typed_config: {"@type": ${TYPE}.filters.http.router.v3.Router}}]}
  clusters:
  - {name: one, load_assignment: {cluster_name: one, endpoints: [{lb_endpoints: [{endpoint: {address: ${ip(port)}}}]}]}}
`;
  }
});
