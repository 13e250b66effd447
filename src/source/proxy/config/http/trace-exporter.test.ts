import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatError } from "../../../../model/index.ts";
import type { TraceExporterConfig } from "../../../../tap/config/trace-exporter-config.ts";
import { readShippedFilter, sha256Of } from "../../../shipped-filter.ts";
import { parseProxyConfig } from "../parse-proxy-config.ts";

const TYPES = "type.googleapis.com/envoy.extensions.filters";
const ROUTER = `{ name: r, typed_config: { "@type": ${TYPES}.http.router.v3.Router } }`;
const OTHER_CODE = new TextEncoder().encode("\0asm of another filter");

const own = (fields: string) =>
  `{ name: tapline.filters.http.trace_exporter, typed_config: { "@type": type.googleapis.com/tapline.filters.http.trace_exporter.v1.TraceExporter, ${fields} } }`;
const wasm = (config: string) =>
  `{ name: envoy.filters.http.wasm, typed_config: { "@type": ${TYPES}.http.wasm.v3.Wasm, config: { ${config} } } }`;
const value = (text: string) =>
  `configuration: { "@type": type.googleapis.com/google.protobuf.StringValue, value: ${JSON.stringify(text)} }`;
const local = (file: string) => `vm_config: { runtime: envoy.wasm.runtime.v8, code: { local: { filename: ${file} } } }`;

function read(
  filter: string,
  environment: Record<string, string> = {},
  clusters: readonly string[] = ["trace_analyzer"],
) {
  const cluster = (name: string) =>
    `{ name: ${name}, load_assignment: { cluster_name: x, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 80 } } } } ] } ] } }`;
  const text = `static_resources:
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: 10000 } }
    filter_chains:
    - filters:
      - name: http
        typed_config:
          "@type": ${TYPES}.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: http
          route_config: { virtual_hosts: [ { name: all, domains: ["*"], routes: [ { match: { prefix: / }, route: { cluster: back } } ] } ] }
          http_filters: [ ${filter}, ${ROUTER} ]
  clusters: [ ${["back", ...clusters].map(cluster).join(", ")} ]
`;
  return parseProxyConfig(text, { file: "envoy.yaml", readFile: () => OTHER_CODE, environment });
}

async function readOne(...args: Parameters<typeof read>): Promise<TraceExporterConfig> {
  const { listeners } = await read(...args);
  const filter = listeners[0]!.filterChains[0]!.networkFilter;
  assert.ok(filter.kind === "http-connection-manager");
  assert.equal(filter.exporters.length, 1);
  return filter.exporters[0]!.exporter;
}

const refusal = (...args: Parameters<typeof read>) =>
  read(...args).then(
    () => "taken",
    (error) => formatError(error),
  );

describe("the trace exporter's configuration", () => {
  test("without anything: the documented contract, redacted, to the cluster trace_analyzer", async () => {
    const config = await readOne(own(""));
    assert.deepEqual(config.backend, { kind: "cluster", name: "trace_analyzer" });
    assert.deepEqual([config.path, config.authority, config.timeoutMillis], ["/publish", "scn", 15_000]);
    assert.deepEqual(config.redaction, { headers: [], names: [] });
    assert.deepEqual(config.telemetry, {
      format: "scn",
      compat: false,
      maxBodyBytes: 1_000_000,
      bodyMode: "drop",
      excludeHeaderPrefixes: ["x-envoy-"],
      withholdsCoded: true,
    });
  });

  test("every key has its effect", async () => {
    const config = await readOne(
      own(
        'format: apiclarity, path: /t, authority: a, backend: "https://b:9443", timeout_ms: 5, max_body_bytes: 6, body_mode: prefix, exclude_header_prefixes: [X-A], redact: true, redact_headers: [h], redact_query: [q], sampling: { enabled: true, interval_ms: 1000, path: /hosts, trace_before_first_list: true }, sample_rate: 0.5, skip_paths: [/h], filter: "GET", nats_subject: n, token: t, max_memory_bytes: 7, max_queued: 8, max_connections: 9, max_attempts: 2, compat: true, service_mesh: kuma',
      ),
    );
    assert.deepEqual(config, {
      telemetry: {
        format: "apiclarity",
        compat: true,
        maxBodyBytes: 6,
        bodyMode: "prefix",
        excludeHeaderPrefixes: ["x-a"],
        withholdsCoded: true,
      },
      backend: { kind: "url", url: "https://b:9443" },
      path: "/t",
      authority: "a",
      natsSubject: "n",
      token: "t",
      timeoutMillis: 5,
      redaction: { headers: ["h"], names: ["q"] },
      sampling: {
        backend: { kind: "url", url: "https://b:9443" },
        path: "/hosts",
        intervalMillis: 1000,
        traceBeforeFirstList: true,
      },
      sampleRate: 0.5,
      skipPaths: ["/h"],
      filter: "GET",
      maxMemoryBytes: 7,
      maxQueued: 8,
      maxConnections: 9,
      maxAttempts: 2,
      place: config.place,
    });
  });

  test("redact: false is the only thing that leaves credentials in", async () => {
    assert.equal((await readOne(own("redact: false"))).redaction, undefined);
    assert.notEqual((await readOne(own("compat: true"))).redaction, undefined);
  });

  test("the original's variables name the backend where no cluster does", async () => {
    const environment = { WASM_FILTER_TRACE_BACKEND_ADDRESS: "apiclarity.ns.svc" };
    const { backend, sampling } = await readOne(own('trace_sampling_enabled: "true"'), environment, []);
    assert.deepEqual(backend, { kind: "url", url: "http://apiclarity.ns.svc:9000" });
    assert.deepEqual(sampling?.backend, { kind: "url", url: "http://apiclarity.ns.svc:9990" });
    const port = { ...environment, WASM_FILTER_TRACE_BACKEND_PORT: "9001" };
    assert.deepEqual((await readOne(own(""), port, [])).backend, { kind: "url", url: "http://apiclarity.ns.svc:9001" });
  });

  const REFUSED: readonly [what: string, filter: string, expected: RegExp][] = [
    ["log_payload", own("log_payload: true"), /log_payload is not supported; payloads are never logged/],
    ["an unknown key", own("formatt: scn"), /unknown field "formatt"; did you mean format\?/],
    ["an unknown format", own("format: xml"), /format: expected one of scn, apiclarity, found "xml"/],
    ["a backend with a path", own('backend: "http://a/publish"'), /backend: expected http:\/\/HOST:PORT/],
    ["a backend and a cluster", own('backend: "http://a", cluster: back'), /exclude each other/],
    ["a filter that is none", own('filter: "==="'), /filter: /],
    ["other wasm code", wasm(`name: mine, ${local("/x.wasm")}`), /wasm code "mine" is not supported; Tapline runs its/],
    ["configuration that is no JSON", wasm(`root_id: trace-outbound-filter, ${value("{")}`), /expected JSON/],
  ];
  for (const [what, filter, expected] of REFUSED)
    test(`refuses ${what}`, async () => assert.match(await refusal(filter), expected));

  test("refuses a cluster that is not there", async () => {
    assert.match(await refusal(own(""), {}, []), /there is no cluster 'trace_analyzer'/);
    assert.match(await refusal(own("cluster: other")), /there is no cluster 'other'/);
  });
});

describe("an entry for Envoy's wasm filter", () => {
  const ROOT = "root_id: trace-outbound-filter";

  test("the original's root_id is the exporter, whatever its file", async () => {
    const config = await readOne(wasm(`${ROOT}, ${value('{"trace_sampling_enabled": "true"}\n')}, ${local("/gone")}`));
    assert.notEqual(config.sampling, undefined);
    for (const blank of ["", "\n", "{}"])
      assert.equal((await readOne(wasm(`${ROOT}, ${value(blank)}`))).sampling, undefined);
  });

  test("as a Struct, and in a TypedStruct as Istio writes it", async () => {
    const struct = `configuration: { "@type": type.googleapis.com/google.protobuf.Struct, value: { format: apiclarity } }`;
    assert.equal((await readOne(wasm(`${ROOT}, ${struct}`))).telemetry.format, "apiclarity");
    for (const type of ["udpa.type.v1", "xds.type.v3"]) {
      const typed = `{ name: envoy.filters.http.wasm, typedConfig: { "@type": type.googleapis.com/${type}.TypedStruct, typeUrl: ${TYPES}.http.wasm.v3.Wasm, value: { config: { rootId: trace-outbound-filter, ${struct} } } } }`;
      assert.equal((await readOne(typed)).telemetry.format, "apiclarity");
    }
  });

  test("the file that ships is told by its hash", async (t) => {
    const shipped = readShippedFilter();
    if (shipped === undefined) return t.skip("bin/http-trace-filter.wasm is not built");
    const remote = `vm_config: { code: { remote: { sha256: ${shipped.sha256} } } }`;
    assert.equal((await readOne(wasm(remote))).path, "/publish");
    const other = `vm_config: { code: { remote: { sha256: ${sha256Of(OTHER_CODE)} } } }`;
    assert.match(await refusal(wasm(other)), /is not supported/);
  });
});
