/**
 * Requests that parsers could disagree on, through a real Envoy and Tapline in routed mode: what is refused, and what endpoints are asked, is the
 * same but for what is named here, and in docs/configuration.md.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { HTTP1_REQUESTS } from "../support/bad-requests/http1-requests.ts";
import { HTTP2_REQUESTS } from "../support/bad-requests/http2-requests.ts";
import { talkHttp2 } from "../support/bad-requests/talk-http2.ts";
import { findFreePorts, type StartedProgram, startProgram, waitForPort } from "../support/processes.ts";
import { findEnvoy } from "../support/real-envoy.ts";
import { startTapline } from "../support/tapline-process.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const EXTENSIONS = "type.googleapis.com/envoy.extensions";
/** Comes behind each request on its connection: it is answered where the one before it was thought to end. */
const LAST = "GET /last HTTP/1.1\r\nhost: last\r\nconnection: close\r\n\r\n";
/** Headers that are an answer's own, or its frame's. */
const UNLIKE = /^(?:date|server|x-envoy-upstream-service-time|connection|content-length|transfer-encoding):/i;
/** Requests behind it wait so long. */
const SLOW_MILLIS = 100;
const PATIENCE_MILLIS = 10_000;

const envoy = findEnvoy();

/** Where Tapline answers otherwise, with its statuses: rows of docs/configuration.md. */
const DIFFERENT: Readonly<Record<string, readonly string[]>> = {
  ...refused(
    // Envoy's parser takes what bends the rules, and makes something of it.
    "a chunk's size with a space behind",
    "a chunk that is longer than its size",
    "a chunk that ends in a bare line feed",
    "trailers that say a length",
    "trailers that say a coding",
    "folded trailers",
    "a folded line",
    "a folded line with a tab",
    "a folded line of spaces",
    "a folded length",
    "bare line feeds",
    "one bare line feed",
    "a bare line feed behind the head",
    "a bare line feed behind the start line",
    "a bare return in a value",
    "a bare return at a value's end",
    "a space before a name",
    "tabs in the start line",
    "a space behind the version",
    // Envoy joins them to one, with a comma.
    "two hosts, alike",
    "two hosts, unlike",
  ),
  "two hosts behind a slow answer": ["200", "400"],
  // The message ends where its length says, whatever `connection` names.
  "connection names the length": ["200", "200"],
  // Node's parser knows more methods.
  "a method with a hyphen": ["200", "200"],
  "the method M-SEARCH": ["200", "200"],
  "the method QUERY": ["200", "200"],
  // RFC 9112 §3.2.1: the path is `/`, where Envoy finds no route.
  "an absolute target with a query alone": ["200", "200"],
  // Node does not read on behind it: the connection is closed.
  h2c: ["200"],
  // %REQ(:authority)% is what the client sent.
  "connection names the host (header_mutation)": ["400"],
  // A header that goes with an upgrade is not a filter's.
  "connection names what an upgrade is (header_mutation)": ["403"],
  ...Object.fromEntries(
    // nghttp2 leaves out fields that no HTTP allows.
    [
      "a name with a space",
      "a name that is empty",
      "a name with brackets",
      "a name with a colon",
      "a name with bytes above 127",
      "a line break in a value",
      "a bare line feed in a value",
      "a bare return in a value",
      "NUL in a value",
      "a control character in a value",
      "DEL in a value",
      "trailers with a line break",
    ].map((label) => [`HTTP/2: ${label}`, ["200"]]),
  ),
  // RFC 9113 §8.3.1: it is malformed; Envoy passes over it.
  "HTTP/2: a host that is not the authority": ["400"],
  // Envoy leaves it to the endpoint to refuse it.
  "HTTP/2: a method in small letters": ["400"],
};

function refused(...labels: readonly string[]) {
  return Object.fromEntries(labels.map((label) => [label, ["400"]]));
}

describe("requests that parsers could disagree on, beside a real Envoy", { skip: envoy.skip }, () => {
  const folder = makeTemporaryFolder();
  const programs: StartedProgram[] = [];
  const backend = createServer({ insecureHTTPParser: true, requireHostHeader: false }, (request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { method, url, rawHeaders, rawTrailers } = request;
      const answer = JSON.stringify({
        method,
        url,
        headers: pairs(rawHeaders),
        trailers: pairs(rawTrailers),
        body: String(Buffer.concat(parts)),
      });
      setTimeout(() => response.end(answer), url === "/slow" ? SLOW_MILLIS : 0);
    });
  });
  let ports: Readonly<Record<"envoy" | "tapline", readonly number[]>>;

  before(async () => {
    await once(backend.listen(0, "127.0.0.1"), "listening");
    const free = await findFreePorts(4);
    ports = { envoy: free.slice(0, 2), tapline: free.slice(2) };
    for (const name of ["envoy", "tapline"] as const)
      writeFileSync(join(folder.path, `${name}.json`), JSON.stringify(bootstrap(ports[name])));
    const quiet = ["--concurrency", "1", "--use-dynamic-base-id", "-l", "error"];
    programs.push(startProgram(envoy.path, ["-c", join(folder.path, "envoy.json"), ...quiet]));
    programs.push(startTapline(["proxy", "-c", join(folder.path, "tapline.json")], true));
    await Promise.all([waitForPort(ports.envoy[1]!, 180), waitForPort(ports.tapline[1]!, 180)]);
  });
  after(async () => {
    for (const program of programs) await program.stop();
    backend.close();
    folder.remove();
  });

  for (const [index, listener] of ["", " (header_mutation)"].entries())
    for (const [label, request] of Object.entries(HTTP1_REQUESTS))
      test(`${label}${listener}`, async () => {
        const [theirs, ours] = await Promise.all([
          talk(ports.envoy[index]!, request),
          talk(ports.tapline[index]!, request),
        ]);
        check(label, listener, ours, theirs);
      });

  for (const [index, listener] of ["", " (header_mutation)"].entries())
    for (const [label, request] of Object.entries(HTTP2_REQUESTS))
      test(`HTTP/2: ${label}${listener}`, async () => {
        const [theirs, ours] = await Promise.all(
          (["envoy", "tapline"] as const).map((name) => talkHttp2(ports[name][index]!, request, PATIENCE_MILLIS)),
        );
        check(`HTTP/2: ${label}`, listener, tidyHttp2(ours!), tidyHttp2(theirs!));
      });

  function bootstrap(listeners: readonly number[]) {
    const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });
    return {
      static_resources: {
        listeners: listeners.map((port, index) => ({
          name: `l${index}`,
          address: address(port),
          filter_chains: [{ filters: [{ name: "http", typed_config: manager(index === 1) }] }],
        })),
        clusters: [
          {
            name: "one",
            load_assignment: {
              cluster_name: "one",
              endpoints: [
                { lb_endpoints: [{ endpoint: { address: address((backend.address() as AddressInfo).port) } }] },
              ],
            },
          },
        ],
      },
    };
  }
});

function check(label: string, listener: string, ours: readonly string[], theirs: readonly string[]): void {
  const different = DIFFERENT[label + listener] ?? DIFFERENT[label];
  if (different === undefined) {
    assert.deepEqual(ours, theirs);
    return;
  }
  const statuses = ours.flatMap(
    (line) => /^(?:HTTP\/1\.1 |:status: )(\d+)|^(reset)$/.exec(line)?.slice(1).filter(Boolean) ?? [],
  );
  assert.deepEqual(statuses, different);
  assert.notDeepEqual(ours, theirs, "it is the same, and needs no reason");
}

/** Envoy ends the connection for what is malformed, Tapline the stream. */
function tidyHttp2(answer: readonly string[]): string[] {
  return answer
    .filter((line) => !UNLIKE.test(line))
    .map((line) => line.replace(/^(?:closed|(?:RST_STREAM|GOAWAY) \w+)$/, "reset"))
    .sort();
}

function pairs(raw: readonly string[]): string[] {
  return raw
    .flatMap((name, at) => (at % 2 === 0 ? [`${name.toLowerCase()}: ${raw[at + 1]}`] : []))
    .filter((line) => !/^(x-request-id|connection):/.test(line))
    .sort();
}

function manager(mutates: boolean) {
  const value = "%REQ(:method)%|%REQ(:path)%|%REQ(:authority)%|%REQ(x-a)%|%PROTOCOL%|%REQ(:scheme)%";
  const mutation = {
    name: "hm",
    typed_config: {
      "@type": `${EXTENSIONS}.filters.http.header_mutation.v3.HeaderMutation`,
      mutations: { response_mutations: [{ append: { header: { key: "x-r", value } } }] },
    },
  };
  return {
    "@type": `${EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "h",
    delayed_close_timeout: "0.02s",
    http_protocol_options: { enable_trailers: true },
    http2_protocol_options: {},
    route_config: {
      virtual_hosts: [
        {
          name: "v",
          domains: ["*"],
          routes: [{ match: { prefix: "/" }, route: { cluster: "one" } }],
          response_headers_to_add: [{ header: { key: "x-host", value: "1" } }],
        },
      ],
    },
    http_filters: [
      ...(mutates ? [mutation] : []),
      { name: "envoy.filters.http.router", typed_config: { "@type": `${EXTENSIONS}.filters.http.router.v3.Router` } },
    ],
  };
}

/** The messages that come back until the connection ends. */
async function talk(port: number, request: string): Promise<string[]> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket
    .on("error", () => {})
    .setEncoding("latin1")
    .on("data", (part: string) => {
      text += part;
    });
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  const timer = setTimeout(() => {
    text += "\r\n(stays open)";
    socket.destroy();
  }, PATIENCE_MILLIS);
  socket.write(request + LAST, "latin1");
  await closed;
  clearTimeout(timer);
  return text.split(/(?=HTTP\/1\.1 \d{3} )/).map((message) => {
    const [head = "", ...rest] = message.split("\r\n\r\n");
    const [status = "", ...headers] = head.split("\r\n");
    const kept = headers.filter((line) => !UNLIKE.test(line));
    return [status, ...kept.sort(), "", ...rest].join("\n");
  });
}
