import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatError, type TaplineError } from "../../../../model/index.ts";
import { parseProxyConfig } from "../parse-proxy-config.ts";

const FILTERS = "type.googleapis.com/envoy.extensions.filters";
const MUTATION = `${FILTERS}.http.header_mutation.v3`;
const OFF = '{ "@type": type.googleapis.com/envoy.config.route.v3.FilterConfig, disabled: true }';

function bootstrap({ mutations = "", filter = "", tap = "", route = "", toAdd = "" }): string {
  const taps =
    tap === ""
      ? ""
      : `{ name: tap, typed_config: { "@type": ${FILTERS}.http.tap.v3.Tap, common_config: { static_config: { match: ${tap}, output_config: { sinks: [ { file_per_tap: { path_prefix: /tmp/x } } ] } } } } }, `;
  return `static_resources:
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: 10000 } }
    filter_chains:
    - filters:
      - name: http
        typed_config:
          "@type": ${FILTERS}.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: http
          route_config: { virtual_hosts: [ { name: all, domains: ["*"], routes: [ { match: { prefix: / }, route: { cluster: back }, ${toAdd}${route === "" ? "" : `typed_per_filter_config: { hm: ${route} }`} } ] } ] }
          http_filters: [ { name: hm, ${filter}typed_config: { "@type": ${MUTATION}.HeaderMutation, mutations: {${mutations}} } }, ${taps}{ name: router, typed_config: { "@type": ${FILTERS}.http.router.v3.Router } } ]
  clusters:
  - { name: back, load_assignment: { cluster_name: back, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 80 } } } } ] } ] } }
`;
}

async function routingOf(text: string): Promise<unknown> {
  const { listeners } = await parseProxyConfig(text, { readFile: () => new Uint8Array(0) });
  const { networkFilter } = listeners[0]!.filterChains[0]!;
  assert.ok(networkFilter.kind === "http-connection-manager");
  return networkFilter.routing.mode === "routed" ? networkFilter.routing.reasons : networkFilter.routing.mode;
}

const append = (key: string, value = "v") => `append: { header: { key: "${key}", value: "${value}" } }`;

test("a filter that changes headers is routed, one that changes nothing is not", async () => {
  const adds = `request_mutations: [ { ${append("x")} } ]`;
  const perRoute = `{ "@type": ${MUTATION}.HeaderMutationPerRoute, mutations: {${adds}} }`;
  assert.deepEqual(await routingOf(bootstrap({ mutations: adds })), ["header_mutation"]);
  assert.deepEqual(await routingOf(bootstrap({ route: perRoute })), ["header_mutation"]);
  assert.deepEqual(await routingOf(bootstrap({ filter: "disabled: true, ", route: perRoute })), ["header_mutation"]);
  assert.equal(await routingOf(bootstrap({})), "verbatim");
  assert.equal(await routingOf(bootstrap({ mutations: adds, filter: "disabled: true, " })), "verbatim");
  assert.equal(await routingOf(bootstrap({ mutations: adds, filter: "disabled: true, ", route: OFF })), "verbatim");
});

describe("what would break messages, or what nothing here obeys, is refused with its place", () => {
  const REFUSED: Readonly<Record<string, RegExp>> = {
    "remove: ':path'": /remove: a message without :path cannot be sent/,
    "remove: Host": /remove: a message without host cannot be sent/,
    "remove_on_match: { key_matcher: { prefix: ':' } }": /remove_on_match: a message without :authority/,
    "remove_on_match: { key_matcher: { safe_regex: { regex: '.*' } } }": /remove_on_match/,
    [append(":path")]: /:-prefixed or host headers may not be modified: :path/,
    [append("host")]: /may not be modified: host/,
    [append("a b")]: /"a b" is no name of a header/,
    [append("a", "x\\ny")]: /a: a value must not have control characters/,
    [append("Content-Length")]: /content-length says where messages end/,
    [append("transfer-encoding")]: /transfer-encoding says where messages end/,
    [append("connection")]: /connection says where messages end, or what their connection is for/,
    [append("x-envoy-retry-on")]: /x-envoy-retry-on steers Envoy's router, and nothing here obeys it/,
    [append("a", "%NO%")]: /%NO% is not supported/,
    "append: { header: { key: a, raw_value: AAAA } }": /raw_value.* is not supported/,
    "append: { header: { key: a, value: b }, append: true, append_action: ADD_IF_ABSENT }": /Both append/,
    "": /expected one of remove, append, remove_on_match/,
  };
  for (const [mutation, message] of Object.entries(REFUSED))
    test(mutation || "nothing", async () => {
      const text = bootstrap({ mutations: `request_mutations: [ { ${mutation} } ]` });
      await assert.rejects(parseProxyConfig(text, { file: "e.yaml", readFile: () => new Uint8Array(0) }), (error) => {
        const told = formatError(error as TaplineError);
        assert.match(told, message);
        assert.match(told, /^e\.yaml:11:\d+: /m);
        return true;
      });
    });
  test("query parameters", async () => {
    const text = bootstrap({ mutations: "query_parameter_mutations: [ { remove: a } ]" });
    await assert.rejects(parseProxyConfig(text, { readFile: () => new Uint8Array(0) }), /query_parameter_mutations/);
  });
  test("what a route adds and removes, too", async () => {
    for (const [toAdd, message] of [
      ['request_headers_to_remove: [":path"], ', /may not be removed: :path/],
      ["response_headers_to_remove: [Host], ", /may not be removed: host/],
      ['request_headers_to_add: [ { header: { key: a, value: "x\\ny" } } ], ', /control characters/],
      ["response_headers_to_add: [ { header: { key: connection, value: close } } ], ", /connection says/],
    ] as const)
      await assert.rejects(parseProxyConfig(bootstrap({ toAdd }), { readFile: () => new Uint8Array(0) }), message);
  });
});

test("a tap behind the filter that looks at what it changes is warned of", async () => {
  const warningsFor = async (mutations: string, tap: string): Promise<string> => {
    const warnings: string[] = [];
    const warn = (_: unknown, message: string) => void warnings.push(message);
    await parseProxyConfig(bootstrap({ mutations, tap }), { readFile: () => new Uint8Array(0), warn });
    return warnings.join();
  };
  const looksAt = (phase: string, name: string) => `{ http_${phase}_match: { headers: [ { name: ${name} } ] } }`;
  const adds = `request_mutations: [ { ${append("x-a")} }, { remove_on_match: { key_matcher: { suffix: gone } } } ]`;
  assert.match(await warningsFor(adds, looksAt("request_headers", "X-A")), /looks at x-a, which a filter before/);
  assert.match(await warningsFor(adds, looksAt("request_headers", "is-gone")), /looks at is-gone, /);
  assert.equal(await warningsFor(adds, looksAt("request_headers", "x-b")), "");
  assert.equal(await warningsFor(adds, looksAt("response_headers", "x-a")), "");
});
