/** HTTP taps and trace exporters that routes, virtual hosts and the whole table switch on and off (`typed_per_filter_config`). */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { listExporters } from "../src/cli/proxy/trace-exporters.ts";
import { parseProxyConfig } from "../src/source/proxy/config/parse-proxy-config.ts";
import { startTapped, type TappedHarness } from "./support/http-tap-harness.ts";
import { until } from "./support/proxy-harness.ts";
import { startTraceBackend } from "./support/trace-backend.ts";

let cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  cleanups = [];
});

const TYPES = "type.googleapis.com/envoy";
const MANAGER = `${TYPES}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`;
const SWITCH = `"@type": ${TYPES}.config.route.v3.FilterConfig`;
const off = (...names: string[]) => switches(names, "disabled: true");
const on = (...names: string[]) => switches(names, "config: {}");
const switches = (names: string[], how: string) =>
  `typed_per_filter_config: { ${names.map((name) => `${name}: { ${SWITCH}, ${how} }`).join()} }`;
const route = (prefix: string, more = "") =>
  `{ match: { prefix: ${prefix} }, route: { cluster: back }${more && `, ${more}`} }`;

/** A proxy with a tap, an exporter and one that is off, which report to one backend by paths of their own. */
async function start(table: string) {
  const service = createServer((_request, response) => response.end("ok")).listen(0, "127.0.0.1");
  await once(service, "listening");
  cleanups.push(() => {
    service.closeAllConnections();
    service.close();
  });
  const backend = await startTraceBackend();
  cleanups.push(() => backend.close());
  const folder = mkdtempSync(join(tmpdir(), "tapline-"));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const at = (port: number) => `{ socket_address: { address: 127.0.0.1, port_value: ${port} } }`;
  const exporter = (name: string, more: string) =>
    `{ name: ${name}, ${more}typed_config: { "@type": type.googleapis.com/tapline.filters.http.trace_exporter.v1.TraceExporter, backend: "http://127.0.0.1:${backend.port}", path: /${name} } }`;
  const tap = `{ name: tap, typed_config: { "@type": ${TYPES}.extensions.filters.http.tap.v3.Tap, common_config: { static_config: { match: { any_match: true }, output_config: { sinks: [ { file_per_tap: { path_prefix: ${folder}/trace } } ] } } } } }`;
  const router = `{ name: router, typed_config: { "@type": ${TYPES}.extensions.filters.http.router.v3.Router } }`;
  const text = `admin: { address: ${at(0)} }
static_resources:
  listeners:
  - name: front
    address: ${at(0)}
    filter_chains:
    - filters:
      - name: http
        typed_config:
          "@type": ${MANAGER}
          stat_prefix: front
          route_config: ${table}
          http_filters: [ ${tap}, ${exporter("usual", "")}, ${exporter("asked", "disabled: true, ")}, ${exporter("never", "disabled: true, ")}, ${router} ]
  clusters:
  - { name: back, load_assignment: { cluster_name: back, endpoints: [ { lb_endpoints: [ { endpoint: { address: ${at((service.address() as AddressInfo).port)} } } ] } ] } }
`;
  const exporters = listExporters(await parseProxyConfig(text, { readFile: (path) => readFileSync(path) }));
  const harness = await startTapped(text);
  cleanups.push(async () => {
    await harness.tapped.exporters.close(10_000);
    await harness.stop();
  });
  return { harness, backend, exporters: exporters.map(({ path }) => path) };
}

async function ask({ port }: TappedHarness, ...paths: string[]): Promise<void> {
  for (const path of paths) assert.equal(await (await fetch(`http://127.0.0.1:${port}${path}`)).text(), "ok");
}

test("the route decides, then its virtual host, then the table, then the filter itself", async () => {
  const routes = [route("/off", off("usual", "tap")), route("/both", on("asked")), route("/")].join();
  const hosts = [
    `{ name: one, domains: ["127.0.0.1:*"], ${on("usual", "tap")}, routes: [ ${routes} ] }`,
    `{ name: rest, domains: ["*"], routes: [ ${route("/")} ] }`,
  ];
  const table = `{ ${off("usual", "tap")}, virtual_hosts: [ ${hosts.join()} ] }`;
  const { harness, backend, exporters } = await start(table);
  assert.deepEqual(exporters, ["/usual", "/asked"]);
  await ask(harness, "/off/1", "/both/1", "/1");
  const posted = () => backend.posted.map(({ path, body }) => `${path} ${JSON.parse(String(body)).scnt_request.path}`);
  await until(() => posted().length === 3, "the reports come");
  assert.deepEqual(posted().toSorted(), ["/asked /both/1", "/usual /1", "/usual /both/1"]);
  await until(() => harness.tapped.ledger.book("published").handled === 3, "the answers come");
  assert.equal(harness.tapped.ledger.book("published").format(), "published: 6 in = 3 handled + 3 skipped (route 3)");
  assert.equal(harness.statistic("http.front.tap.rq_tapped"), 2);
});

test("of a table with one route, where bytes are forwarded as they are, too", async () => {
  const { harness, backend, exporters } = await start(
    `{ virtual_hosts: [ { name: all, domains: ["*"], ${off("usual", "tap")}, routes: [ ${route("/", on("asked"))} ] } ] }`,
  );
  assert.deepEqual(exporters, ["/asked"]);
  await ask(harness, "/1");
  await until(() => backend.posted.length === 1, "the report comes");
  assert.deepEqual(
    backend.posted.map(({ path }) => path),
    ["/asked"],
  );
  await until(() => harness.tapped.ledger.book("published").handled === 1, "the answer comes");
  assert.equal(harness.tapped.ledger.book("published").format(), "published: 1 in = 1 handled");
  assert.equal(harness.statistic("http.front.tap.rq_tapped") ?? 0, 0);
});
