import assert from "node:assert/strict";
import { test } from "node:test";
import { fingerprint } from "../dial/fingerprint.ts";
import { parseProxyConfig } from "./config/parse-proxy-config.ts";
import { disableExtensions } from "./disable-extensions.ts";

const TAP = `{ common_config: { static_config: { match_config: { any_match: true }, output_config: { sinks: [{ file_per_tap: { path_prefix: /t } }] } } }, transport_socket: { name: envoy.transport_sockets.capture, config: { file_sink: { path_prefix: /c }, transport_socket: { name: raw_buffer } } } }`;
const TEXT = `static_resources:
  listeners:
  - name: front
    address: { socket_address: { address: 127.0.0.1, port_value: 1 } }
    filter_chains:
    - filters: [{ name: envoy.tcp_proxy, config: { stat_prefix: x, cluster: back } }]
      transport_socket: { name: envoy.transport_sockets.tap, config: ${TAP} }
  clusters:
  - name: back
    load_assignment: { cluster_name: back, endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: /s } } } }] }] }
    transport_socket: { name: envoy.transport_sockets.tap, config: ${TAP} }
`;

const parse = (text: string) =>
  parseProxyConfig(text, {
    readFile: () => {
      throw new Error("no files");
    },
  });

test("what is disabled is taken out of listeners and clusters, and what it wraps stays", async () => {
  const config = await parse(TEXT);
  const cases: [names: string[], kinds: string[]][] = [
    [[], ["tap", "capture", "raw"]],
    [["tap"], ["capture", "raw"]],
    [["envoy.transport_sockets.tap"], ["capture", "raw"]],
    [["envoy.transport_sockets.capture"], ["tap", "raw"]],
    [["envoy.filters.http.tap"], ["tap", "capture", "raw"]],
    [["capture", "tap"], ["raw"]],
  ];
  for (const [names, kinds] of cases) {
    const { listeners, clusters } = disableExtensions(config, names);
    for (const socket of [listeners[0]!.filterChains[0]!.transportSocket, clusters[0]!.transportSocket]) {
      const found: string[] = [];
      let current: { kind: string; inner?: object } | undefined = socket;
      for (; current !== undefined; current = current.inner as typeof current) found.push(current.kind);
      assert.deepEqual(found, kinds, names.join());
    }
  }
});

test("a name that is not known is refused: a misspelt one would leave recording on", async () => {
  const config = await parse(TEXT);
  assert.throws(() => disableExtensions(config, ["envoy.transport_sockets.tapp"]), { code: "usage" });
});

test("a configuration is the same wherever it stands in its file, and another one when a value differs", async () => {
  const [config, moved, changed] = await Promise.all([
    parse(TEXT),
    parse(`# moved down\n\n${TEXT}`),
    parse(TEXT.replace("/c", "/d")),
  ]);
  assert.equal(fingerprint(config), fingerprint(moved));
  assert.notEqual(fingerprint(config), fingerprint(changed));
});
