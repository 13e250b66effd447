/**
 * A real Envoy's HTTP tap and Tapline's, with the same configuration and the same requests: the traces are the same, but for
 * ids, times, ports and the headers that Envoy adds or changes on the way (`ENVOY_HEADERS`; docs/tap.md lists them).
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest, type Server } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server, type Http2Server } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { normaliseTrace, splitDocuments } from "../support/envoy-http-traces.ts";
import { findFreePorts, type StartedProgram, startProgram, waitForPort } from "../support/processes.ts";
import { findEnvoy } from "../support/real-envoy.ts";
import { startTapline } from "../support/tapline-process.ts";

interface Case {
  readonly name: string;
  readonly http: 1 | 2;
  /** YAML of a MatchPredicate. */
  readonly match: string;
  readonly streaming?: boolean;
  /** Further fields of the output configuration, and of the filter. */
  readonly output?: string;
  readonly filter?: string;
  /** How many of the three requests are tapped. */
  readonly traces: number;
}

const ANY = "{ any_match: true }";
const HEADER = "{ http_request_headers_match: { headers: [ { name: x-want, string_match: { exact: 'yes' } } ] } }";
const STATUS = "{ http_response_headers_match: { headers: [ { name: ':status', string_match: { exact: '404' } } ] } }";
const BODY = "{ http_request_generic_body_match: { patterns: [ { string_match: needle } ] } }";

const CASES: Case[] = [];
for (const http of [1, 2] as const) {
  CASES.push(
    { name: `http${http}-buffered`, http, match: ANY, traces: 3 },
    { name: `http${http}-streamed`, http, match: ANY, streaming: true, traces: 3 },
    { name: `http${http}-request-header`, http, match: HEADER, traces: 1 },
    { name: `http${http}-response-header-streamed`, http, match: STATUS, streaming: true, traces: 1 },
    // Until the response says something, nothing is against it.
    { name: `http${http}-not-response-header`, http, match: `{ not_match: ${STATUS} }`, traces: 2 },
    {
      name: `http${http}-not-response-header-streamed`,
      http,
      match: `{ not_match: ${STATUS} }`,
      streaming: true,
      traces: 3,
    },
    {
      name: `http${http}-neither-streamed`,
      http,
      match: `{ and_match: { rules: [ { not_match: ${HEADER} }, { not_match: ${STATUS} } ] } }`,
      streaming: true,
      traces: 2,
    },
    { name: `http${http}-or`, http, match: `{ or_match: { rules: [ ${HEADER}, ${STATUS} ] } }`, traces: 2 },
    { name: `http${http}-not`, http, match: `{ not_match: ${HEADER} }`, traces: 2 },
    { name: `http${http}-body`, http, match: `{ and_match: { rules: [ ${ANY}, ${BODY} ] } }`, traces: 1 },
    {
      name: `http${http}-limits`,
      http,
      match: ANY,
      output: "max_buffered_rx_bytes: 3, max_buffered_tx_bytes: 4",
      traces: 3,
    },
    {
      name: `http${http}-nothing-kept`,
      http,
      match: ANY,
      output: "max_buffered_rx_bytes: 0, max_buffered_tx_bytes: 0",
      traces: 3,
    },
    {
      name: `http${http}-connections`,
      http,
      match: ANY,
      filter:
        "record_downstream_connection: true, record_upstream_connection: true, record_headers_received_time: true",
      traces: 3,
    },
  );
}

/** The one that can also be tapped through `/tap`. */
CASES.push({ name: "admin", http: 1, match: "{ not_match: { any_match: true } }", traces: 0 });

const envoy = findEnvoy();

describe("a real Envoy and Tapline tap the same HTTP", { skip: envoy.skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "tapline-envoy-http-"));
  const http1: Server = createServer((request, response) => serve(request, response));
  const http2: Http2Server = createHttp2Server((request, response) => serve(request as never, response as never));
  const answers: Record<string, string[]> = {};

  before(async () => {
    for (const server of [http1, http2]) {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
    }
    await record("envoy", (config) =>
      startProgram(envoy.path, ["-c", config, "--concurrency", "1", "--use-dynamic-base-id", "-l", "error"]),
    );
    await record("tapline", (config) => startTapline(["proxy", "-c", config], true));
  });
  after(() => {
    http1.close();
    http2.close();
    rmSync(folder, { recursive: true });
  });

  for (const tap of CASES) {
    test(tap.name, () => {
      const [theirs, ours] = ["envoy", "tapline"].map((program) => readTraces(join(folder, program), tap.name));
      assert.equal(theirs!.length, tap.traces, "as many traces as expected from Envoy");
      assert.deepEqual(ours, theirs);
    });
  }

  test("/tap answers the same", () => assert.deepEqual(answers["tapline"], answers["envoy"]));

  async function record(program: string, start: (config: string) => StartedProgram): Promise<void> {
    mkdirSync(join(folder, program));
    const ports = await findFreePorts(CASES.length + 1);
    const config = join(folder, `${program}.yaml`);
    writeFileSync(config, formatBootstrap(join(folder, program), ports));
    const started = start(config);
    try {
      await waitForPort(ports.at(-2)!);
      await delay(200);
      for (const [index, tap] of CASES.entries()) await (tap.http === 1 ? talkHttp1 : talkHttp2)(ports[index]!);
      answers[program] = await askAdmin(ports.at(-1)!, ports.at(-2)!);
      await delay(300);
    } finally {
      await started.stop();
    }
    if (readdirSync(join(folder, program)).length === 0) assert.fail(`${program} wrote nothing: ${started.output()}`);
  }

  function formatBootstrap(target: string, ports: readonly number[]): string {
    const listeners = CASES.map((tap, index) => {
      const config = `match: ${tap.match}, output_config: { streaming: ${tap.streaming === true}, ${tap.output === undefined ? "" : `${tap.output}, `}sinks: [ { format: JSON_BODY_AS_STRING, file_per_tap: { path_prefix: ${join(target, tap.name)} } } ] }`;
      const type = '"@type": type.googleapis.com/envoy.extensions.filters.http.tap.v3.Tap';
      const admin =
        tap.name === "admin"
          ? `\n          - { name: envoy.filters.http.tap, typed_config: { ${type}, common_config: { admin_config: { config_id: one } } } }`
          : "";
      return `
  - name: listener_${index}
    address: { socket_address: { address: 127.0.0.1, port_value: ${ports[index]} } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: http
          route_config: { virtual_hosts: [ { name: all, domains: ["*"], routes: [ { match: { prefix: "/" }, route: { cluster: http${tap.http} } } ] } ] }
          http_filters:
          - { name: envoy.filters.http.tap, typed_config: { ${type}, common_config: { static_config: { ${config} } }${tap.filter === undefined ? "" : `, ${tap.filter}`} } }${admin}
          - { name: envoy.filters.http.router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }`;
    });
    const clusters = [http1, http2].map((server, index) => {
      const { port } = server.address() as { port: number };
      const options =
        index === 0
          ? ""
          : `
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: { http2_protocol_options: {} }`;
      return `
  - name: http${index + 1}
    type: STATIC
    connect_timeout: 60s${options}
    load_assignment: { cluster_name: http${index + 1}, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } } } ] } ] }`;
    });
    return `admin: { address: { socket_address: { address: 127.0.0.1, port_value: ${ports.at(-1)} } } }
static_resources:\n  listeners:${listeners.join("")}\n  clusters:${clusters.join("")}\n`;
  }
});

/** The service: 404 for /missing, otherwise an echo of the method, with trailers where HTTP/2 asks for them. */
function serve(request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse): void {
  request.resume().on("end", () => {
    const body = `${request.method} was here`;
    response.writeHead(request.url === "/missing" ? 404 : 200, {
      "content-type": "text/plain",
      "X-Served-By": "Test",
      ...(request.httpVersionMajor === 1 && { "content-length": body.length }),
    });
    if (request.httpVersionMajor === 2) response.addTrailers({ "x-checksum": "12" });
    response.end(body);
  });
}

const REQUESTS: readonly { method: string; path: string; headers?: Record<string, string>; body?: string }[] = [
  { method: "GET", path: "/first?x=1", headers: { "X-Want": "yes" } },
  { method: "POST", path: "/second", headers: { "content-type": "text/plain" }, body: "hay needle <hay>" },
  { method: "GET", path: "/missing" },
];

async function talkHttp1(port: number): Promise<void> {
  for (const { method, path, headers, body } of REQUESTS) {
    const request = httpRequest({
      host: "127.0.0.1",
      port,
      method,
      path,
      headers: { ...headers, host: "service.example", ...(body && { "content-length": body.length }) },
    });
    request.end(body);
    const [response] = (await once(request, "response")) as [import("node:http").IncomingMessage];
    response.resume();
    await once(response, "end");
    await delay(20);
  }
}

async function talkHttp2(port: number): Promise<void> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  for (const { method, path, headers, body } of REQUESTS) {
    const stream = session.request(
      { ":method": method, ":path": path, ":authority": "service.example", ...lowerCase(headers) },
      { endStream: body === undefined },
    );
    if (body !== undefined) stream.end(body);
    stream.resume();
    await once(stream, "close");
    await delay(20);
  }
  session.close();
  await once(session, "close");
}

function lowerCase(headers: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Answers of `/tap` to requests of all kinds, and the documents that it streams. */
async function askAdmin(admin: number, listener: number): Promise<string[]> {
  const said: string[] = [];
  const config = (sink: string, more = "") =>
    `config_id: one\ntap_config: { match: { any_match: true }, output_config: { ${more}sinks: [ { format: JSON_BODY_AS_STRING, ${sink} } ] } }`;
  const ask = async (method: string, body?: string) => {
    const response = await fetch(`http://127.0.0.1:${admin}/tap`, { method, ...(body !== undefined && { body }) });
    said.push(
      `${response.status} ${response.headers.get("cache-control")} ${response.headers.get("x-content-type-options")} ${await response.text()}`,
    );
  };
  await ask("GET");
  await ask("POST");
  await ask("POST", "hello");
  await ask("POST", config("streaming_admin: {}").replace("one", "other"));
  await ask("POST", config("buffered_admin: { max_traces: 5, timeout: 0.2s }"));
  // Streamed: what comes until the reader leaves. Buffered: three traces, then the end.
  for (const sink of ["streaming_admin: {}", "buffered_admin: { max_traces: 3 }"]) {
    for (const more of ["", "streaming: true, "]) {
      const leave = new AbortController();
      const response = await fetch(`http://127.0.0.1:${admin}/tap`, {
        method: "POST",
        body: config(sink, more),
        signal: leave.signal,
      });
      const text = readUntilAborted(response);
      await delay(100);
      await talkHttp1(listener);
      await delay(100);
      leave.abort();
      said.push(`${response.status} ${JSON.stringify(splitDocuments(await text).map(normaliseTrace))}`);
    }
  }
  return said;
}

async function readUntilAborted(response: Response): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body!) text += decoder.decode(chunk as Uint8Array, { stream: true });
  } catch {
    // It was left.
  }
  return text;
}

/** The documents of each of a case's files; the files in the order in which their requests were made. */
function readTraces(folder: string, name: string): unknown[] {
  return readdirSync(folder)
    .filter((file) => file.startsWith(`${name}_`))
    .map((file) => splitDocuments(readFileSync(join(folder, file), "utf8")).map(normaliseTrace))
    .sort((left, right) => rank(left) - rank(right));
}

function rank(trace: unknown): number {
  return REQUESTS.findIndex(({ path }) => JSON.stringify(trace).includes(`"${path}"`));
}
