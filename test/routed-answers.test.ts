/**
 * Routed mode before endpoints and clients whose messages Node's own servers and clients refuse to write: what is sent on is what can be, and
 * the proxy goes on. Each of them ended it once.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { type AddressInfo, createServer, type Server } from "node:net";
import { after, before, describe, test } from "node:test";
import { dial, type Harness, ip, readAll, startProxy, until } from "./support/proxy-harness.ts";

const TYPE = "type.googleapis.com/envoy.extensions";
const OK = "HTTP/1.1 200 OK\r\n";
const HI = "content-length: 2\r\n\r\nhi";
const CHUNKED = "transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n";
const BAD = "502";

type Client = "HTTP/1.1" | "HTTP/1.0" | "HEAD" | "HTTP/2";
const CLIENTS: readonly Client[] = ["HTTP/1.1", "HTTP/1.0", "HEAD", "HTTP/2"];

/** An answer of an endpoint, the status that clients get, another one where it differs, and a header that they get. */
const ANSWERS: Readonly<
  Record<string, readonly [answer: string, status: string, differs?: Partial<Record<Client, string>>, header?: RegExp]>
> = {
  "trailers that cannot follow a length": [`${OK}trailer: x\r\n${HI}`, "200"],
  "trailers that cannot follow no body": ["HTTP/1.1 204 N\r\ntrailer: x\r\n\r\n", "204"],
  trailers: [`${OK}trailer: x\r\n${CHUNKED}x: 1\r\n\r\n`, "200"],
  "trailers of a connection": [`${OK}${CHUNKED}te: foo\r\nhttp2-settings: a\r\nage: 1\r\nage: 2\r\n\r\n`, "200"],
  "a header twice that is usually there once": [
    `${OK}content-range: a\r\ncontent-range: b\r\n${HI}`,
    "200",
    {},
    /content-range: a\ncontent-range: b\n/,
  ],
  "headers of a connection": [`${OK}http2-settings: AAA\r\nte: foo\r\nkeep-alive: 5\r\n${HI}`, "200"],
  "information with headers of a connection": [
    `HTTP/1.1 103 E\r\nconnection: x\r\ntransfer-encoding: chunked\r\nlink: a\r\nage: 1\r\nage: 2\r\n\r\n${OK}${HI}`,
    "200",
  ],
  "a status above 599": [`HTTP/1.1 999 X\r\n${HI}`, "999", { "HTTP/2": BAD }],
  "another protocol": ["HTTP/1.1 101 S\r\nupgrade: x\r\n\r\n", BAD],
};

/** Requests of HTTP/1 whose headers Node's clients refuse. */
const REQUESTS: Readonly<Record<string, string>> = {
  "trailers that cannot follow a length": `trailer: x\r\n${HI}`,
  "headers twice that are usually there once": `range: a\r\nrange: b\r\nfrom: a\r\nfrom: b\r\n${HI}`,
};

describe("routed mode before what Node would not write", () => {
  /** The head of a request whose body comes later. */
  let late = "";
  const endpoint = createServer((socket) => {
    socket
      .on("error", () => {})
      .on("data", (bytes) => {
        const text = bytes.toString("latin1");
        if (text.startsWith("POST /late")) late = text;
        else if (text === "hi" && late !== "")
          socket.write(`${OK}x-b: \xe9\xff\r\ncontent-length: 2\r\n\r\n`, "latin1");
        if (late !== "") return;
        const index = / \/(\d+) /.exec(text)?.[1];
        socket.write(index === undefined ? `${OK}${HI}` : Object.values(ANSWERS)[Number(index)]![0]);
      });
  });
  const endpoint2 = createHttp2Server((request, response) => {
    response.end(String(request.rawHeaders.filter((name) => name === "range" || name === "trailer")));
  });
  let harness: Harness;

  before(async () => {
    for (const server of [endpoint, endpoint2 as unknown as Server])
      await once(server.listen(0, "127.0.0.1"), "listening");
    harness = await startProxy(bootstrap());
  });
  after(() => {
    harness.proxy.stop();
    endpoint.close();
    endpoint2.close();
  });

  for (const [index, [name, [, status, differs = {}, header = /^/]]] of Object.entries(ANSWERS).entries())
    for (const client of CLIENTS)
      test(`${name}, to ${client}`, { timeout: 10_000 }, async () => {
        const answer = await ask(client, `/${index}`);
        assert.equal(answer.status, differs[client] ?? status);
        assert.match(answer.headers, header);
        if (answer.status === "200" && client !== "HEAD") assert.match(answer.body, /hi/);
        assert.equal((await ask(client, "/other")).status, "200", "it goes on");
      });

  for (const [name, rest] of Object.entries(REQUESTS))
    for (const path of ["/other", "/http2"])
      test(`a request with ${name}, to ${path}`, { timeout: 10_000 }, async () => {
        const client = await dial(harness.port);
        client.write(`POST ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${rest}`);
        assert.match(await readAll(client), /^HTTP\/1\.1 200 /);
      });

  test("bytes above 127 in headers, both ways, before a body that comes later", { timeout: 10_000 }, async () => {
    const client = await dial(harness.port);
    client.setEncoding("latin1");
    client.write(
      "POST /late HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx-a: \xe9\xff\r\ncontent-length: 2\r\n\r\n",
      "latin1",
    );
    await until(
      () => late !== "",
      () => "the request's head came",
    );
    assert.match(late, /x-a: \xe9\xff\r\n/);
    client.write("hi");
    const [head] = await once(client, "data");
    assert.match(head, /x-b: \xe9\xff\r\n/);
    client.destroy();
  });

  async function ask(client: Client, path: string): Promise<{ status: string; headers: string; body: string }> {
    if (client === "HTTP/2") return askHttp2(path);
    const socket = await dial(harness.port);
    const method = client === "HEAD" ? "HEAD" : "GET";
    const version = client === "HEAD" ? "HTTP/1.1" : client;
    socket.write(`${method} ${path} ${version}\r\nhost: a\r\nconnection: close\r\n\r\n`);
    const text = (await readAll(socket)).replace(/^HTTP\/1\.1 103 .*?\r\n\r\n/s, "");
    const [head = "", ...body] = text.split("\r\n\r\n");
    return {
      status: /^HTTP\/1\.1 (\d+) /.exec(head)?.[1] ?? "none",
      headers: `${head.replaceAll("\r\n", "\n")}\n`,
      body: body.join("\n\n"),
    };
  }

  async function askHttp2(path: string): Promise<{ status: string; headers: string; body: string }> {
    const session = connectHttp2(`http://127.0.0.1:${harness.port}`);
    try {
      const stream = session.request({ ":path": path });
      let [status, headers, body] = ["none", "", ""];
      stream.on("response", (head, _flags, raw?: string[]) => {
        status = String(head[":status"]);
        headers = (raw ?? []).map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\n`)).join("");
      });
      stream.setEncoding("latin1").on("data", (text: string) => {
        body += text;
      });
      await once(stream, "close");
      return { status, headers, body };
    } finally {
      session.destroy();
    }
  }

  function bootstrap(): string {
    const [port, port2] = [endpoint, endpoint2].map((server) => (server.address() as AddressInfo).port) as [
      number,
      number,
    ];
    const cluster = (name: string, to: number, options: string) =>
      `  - {name: ${name}, typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {"@type": ${TYPE}.upstreams.http.v3.HttpProtocolOptions, explicit_http_config: {${options}}}}, load_assignment: {cluster_name: ${name}, endpoints: [{lb_endpoints: [{endpoint: {address: ${ip(to)}}}]}]}}`;
    return `static_resources:
  listeners:
  - name: front
    address: ${ip(0)}
    filter_chains:
    - filters:
      - name: h
        typed_config: {"@type": ${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: h, http_protocol_options: {enable_trailers: true, accept_http_10: true}, route_config: {virtual_hosts: [{name: a, domains: ["*"], routes: [{match: {path: /http2}, route: {cluster: two}}, {match: {prefix: /}, route: {cluster: one}}]}]}, http_filters: [{name: r, typed_config: {"@type": ${TYPE}.filters.http.router.v3.Router}}]}
  clusters:
${cluster("one", port, "http_protocol_options: {enable_trailers: true}")}
${cluster("two", port2, "http2_protocol_options: {}")}
`;
  }
});
