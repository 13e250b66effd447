import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildBody, buildExchange } from "../../../test/support/build-exchange.ts";
import type { Connection, Exchange } from "../../model/index.ts";
import { Matcher, type StreamMatch } from "./matcher.ts";
import { StreamViewer } from "./stream-viewer.ts";

const CONNECTION: Connection = {
  id: 7n,
  transport: "tcp",
  local: { kind: "ip", address: "127.0.0.1", port: 443 },
  remote: { kind: "ip", address: "10.0.0.3", port: 50000 },
  role: "server",
};

const REQUEST = [
  { name: ":method", value: "POST" },
  { name: ":path", value: "/users?id=7" },
  { name: ":authority", value: "example.com" },
  { name: "x-user", value: "anna" },
];
const RESPONSE = [
  { name: ":status", value: "503" },
  { name: "content-type", value: "text/plain" },
];

const EXCHANGE: Exchange = (() => {
  const exchange = buildExchange({ method: "POST", target: "/users?id=7", status: 503, responseBody: "no room" });
  const trailers = [{ name: "x-checksum", value: "1" }];
  return { ...exchange, request: { ...exchange.request!, trailers, body: buildBody(Buffer.from("hello")) } };
})();

/** The status when the connection is made and open, at the request's and the response's headers, and at the end. */
function follow(matcher: Matcher): string {
  const connection: Connection = { ...CONNECTION };
  const match = matcher.start(connection, "made");
  const seen = [status(match)];
  connection.tls = { sni: "example.com", version: "TLSv1.3" };
  match.onOpen();
  seen.push(status(match));
  match.onHeaders("request-headers", REQUEST);
  seen.push(status(match));
  match.onBody("request", Buffer.from("hello"));
  match.onHeaders("request-trailers", []);
  match.onHeaders("response-headers", RESPONSE);
  seen.push(status(match));
  match.onEnd(() => EXCHANGE);
  seen.push(status(match));
  return seen.join(" ");
}

function status({ matches, mightChange }: StreamMatch): string {
  return `${matches ? "m" : "-"}${mightChange ? "?" : "!"}`;
}

describe("an expression is decided as soon as what it reads is known", () => {
  //                              made open rqh rsh end
  const CASES: readonly (readonly [text: string, statuses: string])[] = [
    ["source.address == '10.0.0.3'", "m! m! m! m! m!"],
    ["destination.port == 80", "-! -! -! -! -!"],
    ["connection.requested_server_name == 'example.com'", "-? m! m! m! m!"],
    ["request.method == 'POST'", "-? -? m! m! m!"],
    ["request.headers['x-user'] == 'anna'", "-? -? m! m! m!"],
    ["request.url_path == '/users' && request.host == 'example.com'", "-? -? m! m! m!"],
    ["response.code >= 500", "-? -? -? m! m!"],
    ["5xx", "-? -? -? m! m!"],
    ["response.headers['content-type'] == 'text/plain'", "-? -? -? m! m!"],
    ["request.size > 3", "-? -? -? -? m!"],
    ["request.body.contains('ell')", "-? -? -? -? m!"],
    ["request.trailers['x-checksum'] == '1'", "-? -? -? -? m!"],
    ["duration > duration('1h')", "-? -? -? -? -!"],
    // One side decides.
    ["request.method == 'GET' && response.code >= 500", "-? -? -! -! -!"],
    ["request.method == 'POST' || response.code >= 500", "-? -? m! m! m!"],
    ["request.method == 'POST' && response.code < 500", "-? -? -? -! -!"],
    ["!(request.method == 'GET')", "-? -? m! m! m!"],
    // A value that is not known yet is not missing.
    ["has(response.code)", "-? -? -? m! m!"],
    ["!has(request.trailers['x'])", "-? -? -? -? m!"],
    ["'x-user' in request.headers", "-? -? m! m! m!"],
    ["!('x-user' in request.trailers)", "-? -? -? -? m!"],
    ["request.headers.exists(name, name.startsWith('x-'))", "-? -? m! m! m!"],
    // Missing for good does not match.
    ["request.headers['x-none'] == 'a'", "-? -? -! -! -!"],
  ];
  for (const [text, statuses] of CASES)
    test(text, () => assert.equal(follow(new Matcher({ kind: "expression", text })), statuses));
});

test("an expression stands beside other rules", () => {
  const rules = [
    { kind: "expression", text: "response.code >= 500" },
    { kind: "headers", phase: "request-headers", headers: [] },
  ] as const;
  assert.equal(follow(new Matcher({ kind: "and", rules })), "-? -? -? m! m!");
  assert.equal(follow(new Matcher({ kind: "or", rules })), "-? -? m? m! m!");
  assert.equal(follow(new Matcher({ kind: "not", rule: rules[0] })), "m? m? m? -! -!");
});

test("what is known of a stream before its end is made only for expressions that ask for it", (t) => {
  const made = t.mock.getter(StreamViewer.prototype, "exchange");
  const matcher = new Matcher({
    kind: "expression",
    text: "response.body.contains('room') && size(response.body) > 0",
  });
  for (let stream = 0; stream < 100; stream++) assert.equal(follow(matcher), "-? -? -? -? m!");
  assert.equal(made.mock.callCount(), 0);
  const early = new Matcher({ kind: "expression", text: "response.body.contains('room') || request.method == 'POST'" });
  for (let stream = 0; stream < 100; stream++) assert.equal(follow(early), "-? -? m! m! m!");
});
