/**
 * The HTTP filter header_mutation, and headers of which Envoy keeps one, through a real Envoy and Tapline: what clients get, and what endpoints
 * are asked, is the same.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findFreePorts, type StartedProgram, startProgram, waitForPort } from "../support/processes.ts";
import { findEnvoy } from "../support/real-envoy.ts";
import { ask, createBackend } from "../support/routes/ask-route.ts";
import type { RouteRequest } from "../support/routes/generate-routes.ts";
import { startTapline } from "../support/tapline-process.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const EXTENSIONS = "type.googleapis.com/envoy.extensions";
const MUTATION = `${EXTENSIONS}.filters.http.header_mutation.v3`;
const OFF = { "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", disabled: true };
const OVERWRITE = "OVERWRITE_IF_EXISTS_OR_ADD";

type Json = Readonly<Record<string, unknown>>;

const add = (key: string, value: string, append_action?: string, more: Json = {}) => ({
  append: { header: { key, value }, ...(append_action !== undefined && { append_action }), ...more },
});
const option = (key: string, value: string) => ({ header: { key, value } });
const filter = (mutations: Json, more: Json = {}, name = "hm", switched: Json = {}) => ({
  name,
  ...switched,
  typed_config: { "@type": `${MUTATION}.HeaderMutation`, mutations, ...more },
});
const perRoute = (mutations: Json, name = "hm") => ({
  typed_per_filter_config: { [name]: { "@type": `${MUTATION}.HeaderMutationPerRoute`, mutations } },
});
const marks = (who: string) => ({
  request_mutations: [add("x-a", who)],
  response_mutations: [add("x-r", who)],
});

interface Case {
  readonly filters: readonly Json[];
  /** The action of the route; default: it forwards to `one`. */
  readonly route?: Json;
  readonly before?: readonly Json[];
  readonly host?: Json;
  readonly table?: Json;
  readonly manager?: Json;
}

const TO_ONE = { route: { cluster: "one" } };
const EACH = "%REQ(x-a)%|%UPSTREAM_CLUSTER%|%REQ(:path)%|%REQ(host)%";
const SEEN = {
  request_mutations: [add("x-a", "filter"), add("x-seen", "%UPSTREAM_CLUSTER%|%REQ(:path)%|%REQ(:authority)%")],
  response_mutations: [add("x-r", EACH)],
};

const CASES: Readonly<Record<string, Case>> = {
  "in their order, removed and added": {
    filters: [
      filter({
        request_mutations: [add("x-a", "1"), add("x-a", "2"), { remove: "x-in" }, add("X-In", "back")],
        response_mutations: [add("x-r", "v"), { remove: "x-backend" }, { remove: "server" }, { remove: "date" }],
      }),
    ],
  },
  "each append action, empty values, percent signs, bytes above 127": {
    filters: [
      filter({
        request_mutations: [
          add("x-e", ""),
          add("x-k", "", "APPEND_IF_EXISTS_OR_ADD", { keep_empty_value: true }),
          add("x-in", "%REQ(nope)%", OVERWRITE),
          add("x-ab", "n", "ADD_IF_ABSENT"),
          add("x-in", "z", "ADD_IF_ABSENT"),
          add("x-no", "z", "OVERWRITE_IF_EXISTS"),
          add("x-d", "d%%d %REQ(x-in):1% é→"),
          { append: { ...add("x-in", "w").append, append: false } },
        ],
        response_mutations: [add("x-backend", "z", "ADD_IF_ABSENT"), add("x-n", "→", "ADD_IF_ABSENT")],
      }),
    ],
  },
  "two filters, answers the other way": {
    filters: [
      filter(marks("one"), {}, "one"),
      filter(
        { request_mutations: [add("x-a", "%REQ(x-a)%-two", OVERWRITE)], response_mutations: [add("x-r", "two")] },
        {},
        "two",
      ),
    ],
  },
  "by names that match": {
    filters: [
      filter({
        request_mutations: [{ remove_on_match: { key_matcher: { prefix: "x-" } } }],
        response_mutations: [{ remove_on_match: { key_matcher: { safe_regex: { regex: "x-.*d" } } } }],
      }),
    ],
  },
  "between the manager's headers and the route's": {
    filters: [
      filter({
        request_mutations: [
          add("x-a", "filter"),
          { remove: "x-forwarded-proto" },
          { remove: "x-request-id" },
          add("x-envoy-expected-rq-timeout-ms", "7"),
        ],
        response_mutations: [add("x-r", "filter %RESP(x-r)%"), { remove: "x-envoy-upstream-service-time" }],
      }),
    ],
    route: {
      route: { cluster: "one", prefix_rewrite: "/rewritten/", host_rewrite_literal: "other.example" },
      request_headers_to_add: [option("x-a", "%REQ(x-a)%+route")],
      response_headers_to_add: [option("x-r", "route")],
    },
  },
  "what a route is found by is what the client sent": {
    filters: [filter({ request_mutations: [add("x-route", "other")] })],
    before: [
      {
        match: { prefix: "/", headers: [{ name: "x-route", string_match: { exact: "other" } }] },
        direct_response: { status: 201 },
      },
    ],
  },
  "what a cluster is named by is what the client sent": {
    filters: [filter({ ...marks("filter"), request_mutations: [add("x-cluster", "one")] })],
    route: { route: { cluster_header: "x-cluster" } },
  },
  "levels of the routes, the most specific first": {
    filters: [filter(marks("filter"))],
    route: {
      route: { weighted_clusters: { clusters: [{ name: "one", weight: 1, ...perRoute(marks("cluster")) }] } },
      ...perRoute(marks("route")),
    },
    host: perRoute(marks("host")),
    table: perRoute(marks("table")),
  },
  "levels of the routes, the most specific last": {
    filters: [filter(marks("filter"), { most_specific_header_mutations_wins: true })],
    route: { ...TO_ONE, ...perRoute(marks("route")) },
    host: perRoute(marks("host")),
    table: perRoute(marks("table")),
  },
  "off for a route": {
    filters: [filter(marks("filter"))],
    route: { ...TO_ONE, typed_per_filter_config: { hm: OFF } },
    host: perRoute(marks("host")),
  },
  "off, and on by a route's own": {
    filters: [filter(marks("filter"), {}, "hm", { disabled: true })],
    route: { ...TO_ONE, ...perRoute(marks("route")) },
  },
  "of a route alone": { filters: [filter({})], route: { ...TO_ONE, ...perRoute(marks("route")) } },
  "a local answer": {
    filters: [filter(SEEN)],
    route: { direct_response: { status: 200, body: { inline_string: "hi" } } },
  },
  "a local answer of another type": {
    filters: [filter(SEEN)],
    route: {
      direct_response: { status: 200, body: { inline_string: "hi" } },
      response_headers_to_add: [option("content-type", "text/html")],
    },
  },
  "a local answer of a type, and of nothing": {
    filters: [filter({ response_mutations: [add("x-t", "%RESP(content-type)%")] })],
    route: { direct_response: { status: 503 }, response_headers_to_add: [option("content-type", "text/html")] },
  },
  "a redirect": {
    filters: [filter({ ...SEEN, response_mutations: [add("x-r", EACH), add("x-l", "%RESP(location)%")] })],
    route: {
      redirect: { prefix_rewrite: "/moved" },
      response_headers_to_add: [option("x-s", "%UPSTREAM_CLUSTER%%REQ(:path)%")],
    },
  },
  "a redirect to a host of other letters": {
    filters: [],
    route: { redirect: { host_redirect: "é→", path_redirect: "/é" } },
  },
  "a redirect to TLS": { filters: [filter(SEEN)], host: { require_tls: "ALL", ...perRoute(marks("host")) } },
  "no route": {
    filters: [filter(SEEN)],
    route: { match: { prefix: "/nothing" }, ...TO_ONE },
    table: perRoute(marks("table")),
  },
  "no route, and off for all": {
    filters: [filter(SEEN)],
    route: { match: { prefix: "/nothing" }, ...TO_ONE },
    table: { typed_per_filter_config: { hm: OFF } },
  },
  "an endpoint that is not there": {
    filters: [filter(SEEN)],
    route: {
      route: { cluster: "down", prefix_rewrite: "/late/" },
      request_headers_to_add: [option("x-late", "1")],
      response_headers_to_add: [option("x-s", "%UPSTREAM_CLUSTER%%REQ(:path)%%REQ(x-late)%")],
    },
  },
  "a cluster that is not there": {
    filters: [filter(SEEN)],
    route: { route: { cluster: "missing" } },
    table: { validate_clusters: false },
  },
  "an endpoint that is late": {
    filters: [filter(SEEN)],
    route: { route: { cluster: "one", timeout: "0.05s" }, response_headers_to_add: [option("x-s", "%REQ(x-a)%")] },
  },
  "an escaped slash that is refused": {
    filters: [filter(SEEN)],
    table: perRoute(marks("table")),
    manager: { path_with_escaped_slashes_action: "REJECT_REQUEST" },
  },
  "an escaped slash that is redirected": {
    filters: [filter(SEEN)],
    host: perRoute(marks("host")),
    manager: { path_with_escaped_slashes_action: "UNESCAPE_AND_REDIRECT", via: "tap" },
  },
  "a name with an underscore": {
    filters: [filter(SEEN)],
    table: perRoute(marks("table")),
    manager: { common_http_protocol_options: { headers_with_underscores_action: "REJECT_REQUEST" }, via: "tap" },
  },
  "too many headers": {
    filters: [filter(SEEN), filter(marks("two"), {}, "two", { disabled: true })],
    manager: { common_http_protocol_options: { max_headers_count: 5 } },
  },
  trailers: {
    filters: [
      filter({
        request_trailers_mutations: [add("t-q", "1"), { remove: "x-tail" }],
        response_trailers_mutations: [add("t-r", "%RESP(x-backend)%"), { remove: "x-t" }],
      }),
    ],
  },
  "headers of which there is one": {
    filters: [
      filter({
        request_mutations: [add("accept", "c"), add("x-forwarded-proto", "b"), add("cookie", "b=2")],
        response_mutations: [
          add("content-type", "q"),
          add("vary", "a"),
          add("vary", "b"),
          add("set-cookie", "1"),
          add("set-cookie", "2"),
        ],
      }),
    ],
    route: {
      ...TO_ONE,
      request_headers_to_add: [option("accept", "d"), option("user-agent", "route"), option("x-in", "e")],
      response_headers_to_add: [option("content-type", "text/route"), option("x-backend", "route")],
    },
  },
};

const request = (part: Partial<RouteRequest>): RouteRequest => ({
  protocol: "http/1.1",
  method: "GET",
  path: "/p?x=1",
  headers: [],
  body: "",
  trailers: [],
  ...part,
});
const HEADERS: RouteRequest["headers"] = [
  ["host", "a.example"],
  ["x-in", "in"],
  ["x-cluster", "down"],
  ["cookie", "a=1"],
];
const REQUESTS: readonly RouteRequest[] = [
  request({ headers: HEADERS }),
  request({ headers: HEADERS, protocol: "h2" }),
  request({ headers: [...HEADERS, ["accept", ["a", "b"]], ["user-agent", ["u", "w"]], ["x-in", ["1", "2"]]] as never }),
  request({ headers: HEADERS, method: "POST", body: "body" }),
  request({ headers: [...HEADERS, ["x-want-trailers", "1"]], method: "POST", body: "b", trailers: [["x-tail", "t"]] }),
  request({ headers: HEADERS, method: "HEAD" }),
  request({ headers: HEADERS, path: "/p%2fq#fragment" }),
  request({ headers: HEADERS, path: "/p%2fq" }),
  request({ headers: HEADERS, path: "/p%2fq", protocol: "h2" }),
  request({ headers: [...HEADERS, ["x_under", "1"]] }),
  request({ headers: [...HEADERS, ["x-want-delay", "150"]] }),
  request({ headers: [...HEADERS, ["x-want-delay", "150"]], protocol: "h2" }),
  request({ headers: [...HEADERS, ["connection", "upgrade"], ["upgrade", "nothing"]] }),
  request({ headers: [...HEADERS, ["content-type", "application/grpc"]], method: "POST", protocol: "h2" }),
];

const envoy = findEnvoy();

describe("header_mutation beside a real Envoy", { skip: envoy.skip }, () => {
  const folder = makeTemporaryFolder();
  const programs: StartedProgram[] = [];
  const names = Object.keys(CASES);
  let backend: Server;
  let ports: { envoy: number[]; tapline: number[] };

  before(async () => {
    backend = createBackend("one", "http/1.1") as Server;
    if (!backend.listening) await once(backend, "listening");
    const free = await findFreePorts(2 * names.length + 1);
    ports = { envoy: free.slice(0, names.length), tapline: free.slice(names.length, 2 * names.length) };
    for (const name of ["envoy", "tapline"] as const)
      writeFileSync(join(folder.path, `${name}.json`), JSON.stringify(bootstrap(ports[name], free.at(-1)!)));
    const quiet = ["--concurrency", "1", "--use-dynamic-base-id", "-l", "error"];
    programs.push(startProgram(envoy.path, ["-c", join(folder.path, "envoy.json"), ...quiet]));
    programs.push(startTapline(["proxy", "-c", join(folder.path, "tapline.json")], true));
    await Promise.all([waitForPort(ports.envoy.at(-1)!, 180), waitForPort(ports.tapline.at(-1)!, 180)]).catch(
      (error) => {
        throw new Error(`${error.message}\n${programs.map(({ output }) => output().slice(0, 2000)).join("\n")}`);
      },
    );
  });
  after(async () => {
    for (const program of programs) await program.stop();
    backend.close();
    folder.remove();
  });

  for (const [index, name] of names.entries())
    test(name, { timeout: 60_000 }, async () => {
      for (const asked of REQUESTS) {
        const [theirs, ours] = await Promise.all([ask(ports.envoy[index]!, asked), ask(ports.tapline[index]!, asked)]);
        // Envoy answers what it could not read with a body, to HEAD too.
        assert.deepEqual(ours, theirs, JSON.stringify(asked));
      }
    });

  function bootstrap(listeners: readonly number[], closed: number) {
    const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });
    const cluster = (name: string, port: number) => ({
      name,
      type: "STATIC",
      typed_extension_protocol_options: {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
          "@type": `${EXTENSIONS}.upstreams.http.v3.HttpProtocolOptions`,
          explicit_http_config: { http_protocol_options: { enable_trailers: true } },
        },
      },
      load_assignment: {
        cluster_name: name,
        endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }],
      },
    });
    return {
      static_resources: {
        listeners: names.map((name, index) => ({
          name: `l${index}`,
          address: address(listeners[index]!),
          filter_chains: [{ filters: [{ name: "http", typed_config: manager(CASES[name]!) }] }],
        })),
        clusters: [cluster("one", (backend.address() as AddressInfo).port), cluster("down", closed)],
      },
    };
  }

  function manager({ filters, route = TO_ONE, before: first = [], host, table, manager: more }: Case) {
    return {
      "@type": `${EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: "h",
      http_protocol_options: { enable_trailers: true },
      route_config: {
        virtual_hosts: [
          { name: "v", domains: ["*"], routes: [...first, { match: { prefix: "/" }, ...route }], ...host },
        ],
        ...table,
      },
      http_filters: [
        ...filters,
        { name: "envoy.filters.http.router", typed_config: { "@type": `${EXTENSIONS}.filters.http.router.v3.Router` } },
      ],
      ...more,
    };
  }
});
