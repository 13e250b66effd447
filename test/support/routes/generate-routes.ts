import type { Random } from "../random.ts";

type Json = { [key: string]: unknown };

/** A generated manager, and the requests that are sent to it. */
export interface RouteCase {
  readonly routeConfig: Json;
  /** More fields of the connection manager. */
  readonly manager: Json;
  readonly requests: readonly RouteRequest[];
  /** The kinds of routes that are in it. */
  readonly kinds: readonly string[];
}

export interface RouteRequest {
  readonly protocol: "http/1.1" | "h2";
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly trailers: readonly (readonly [string, string])[];
}

/** Clusters by name: what HTTP they speak. The backend answers as `x-want-…` headers ask. */
export const CLUSTERS = ["one", "two", "h2", "down"] as const;

const PATHS = [
  "/",
  "/api",
  "/api/v1/users",
  "/apix",
  "/static/a.css",
  "/a/b/../c",
  "//x//y",
  "/q?x=1&y=two",
  "/api?x=2",
  "/slow",
  "/%2Fz",
  "/API/v2",
  "/q?y=Two&x=7",
  "/api/v1/../v2?x=1#f".slice(0, 16),
  "/a%2Fb%5cc",
  "/api?",
  "/api/%zz",
];
const HOSTS = [
  "svc.local",
  "b.example.org",
  "x-none.dev",
  "dot.",
  "a.example.org",
  "b.example.org:8080",
  "other",
  "www.x.dev",
  // Some rewrite to these.
  "rewritten",
  "named",
  "one.test",
];

/** Headers of Envoy's that clients may send: some are believed, some from inside alone. */
const ENVOY_HEADERS = [
  "downstream-service-cluster",
  "downstream-service-node",
  "original-path",
  "original-host",
  "original-url",
  "decorator-operation",
  "force-trace",
  "ip-tags",
  "attempt-count",
  "upstream-rq-timeout-alt-response",
  "peer-metadata",
];

export function generateCase(random: Random): RouteCase {
  const kinds: string[] = [];
  const pick = <Value>(values: readonly Value[]): Value => values[random.below(values.length)]!;
  const maybe = (oneIn: number) => random.below(oneIn) === 0;
  const note = (kind: string) => {
    kinds.push(kind);
    return kind;
  };

  const match = (): Json => {
    const kind = note(pick(["prefix", "prefix", "path", "safe_regex", "path_separated_prefix"]));
    const path: Json =
      kind === "prefix"
        ? { prefix: pick(["/", "/api", "/a", "/static", "/q"]) }
        : kind === "path"
          ? { path: pick(["/", "/api", "/slow", "/q"]) }
          : kind === "safe_regex"
            ? { safe_regex: { regex: pick(["/api/.*", "/[a-z]+", "/static/.*[.]css", ".*"]) } }
            : { path_separated_prefix: pick(["/api", "/static", "/api/v1"]) };
    return {
      ...path,
      ...(kind !== "safe_regex" && maybe(6) && { case_sensitive: false }),
      ...(maybe(12) && note("grpc") && { grpc: {} }),
      ...(maybe(10) &&
        note("runtime_fraction") && {
          runtime_fraction: { default_value: { numerator: pick([0, 100]), denominator: "HUNDRED" } },
        }),
      ...(maybe(4) &&
        note("headers") && {
          headers: [
            pick<Json>([
              { name: "x-kind", string_match: { exact: "a" } },
              { name: "x-kind", present_match: true },
              { name: "x-kind", string_match: { prefix: "a" }, invert_match: true },
              { name: ":method", string_match: { exact: "POST" } },
              { name: "x-number", range_match: { start: 1, end: 10 } },
              { name: "x-kind", string_match: { suffix: "b" } },
              { name: "x-kind", string_match: { contains: "B", ignore_case: true } },
              { name: "x-kind", string_match: { safe_regex: { regex: "[ab]+" } } },
              { name: "x-kind", string_match: { exact: "" }, treat_missing_header_as_empty: true },
              { name: "x-kind", present_match: false },
              { name: "x-name", present_match: true, invert_match: true },
              { name: "x-number", range_match: { start: -5, end: 10 }, invert_match: true },
              { name: ":path", string_match: { prefix: "/api" } },
              { name: ":authority", string_match: { suffix: ".org" } },
            ]),
          ],
        }),
      ...(maybe(5) &&
        note("query_parameters") && {
          query_parameters: [
            pick<Json>([
              { name: "x", string_match: { exact: "1" } },
              { name: "y", present_match: true },
              { name: "y", present_match: false },
              { name: "y", string_match: { prefix: "T", ignore_case: true } },
              { name: "x", string_match: { safe_regex: { regex: "[0-9]" } } },
            ]),
          ],
        }),
    };
  };

  const edits = (): Json => {
    const option = (key: string): Json => ({
      header: {
        key,
        value: pick([
          ...["v", "%REQ(X-KIND)%", "%PROTOCOL%", "100%%", "%REQ(:METHOD)%", "%REQ(X-NAME?X-KIND)%", "%REQ(X-KIND):1%"],
          ...[
            "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
            "a%REQ(X-NONE)%b",
            "%REQ(X-NONE)%",
            "%REQ(:PATH)%-%REQ(:AUTHORITY)%",
          ],
        ]),
      },
      ...(maybe(6) && { keep_empty_value: true }),
      ...(maybe(2) && {
        append_action: pick([
          "APPEND_IF_EXISTS_OR_ADD",
          "ADD_IF_ABSENT",
          "OVERWRITE_IF_EXISTS_OR_ADD",
          "OVERWRITE_IF_EXISTS",
        ]),
      }),
    });
    return {
      ...(maybe(4) &&
        note("request_headers_to_add") && { request_headers_to_add: [option(pick(["x-added", "x-kind"]))] }),
      ...(maybe(5) && note("request_headers_to_remove") && { request_headers_to_remove: ["x-number"] }),
      ...(maybe(4) &&
        note("response_headers_to_add") && { response_headers_to_add: [option(pick(["x-told", "x-backend"]))] }),
      ...(maybe(5) && note("response_headers_to_remove") && { response_headers_to_remove: ["x-backend"] }),
    };
  };

  const forward = (isPrefix: boolean): Json => {
    const target = note(pick(["cluster", "cluster", "weighted_clusters", "cluster_header"]));
    return {
      ...(target === "cluster"
        ? { cluster: pick(["one", "two", "h2", "h2", "down"]) }
        : target === "cluster_header"
          ? { cluster_header: "x-cluster" }
          : // The draw is by chance: all weight is on one.
            {
              weighted_clusters: {
                clusters: [
                  { name: pick(["one", "h2"]), weight: 10, ...edits() },
                  { name: "two", weight: 0 },
                ],
              },
            }),
      ...(isPrefix && maybe(4) && note("prefix_rewrite") && { prefix_rewrite: pick(["/", "/new", "/new/"]) }),
      ...(maybe(4) &&
        note("host_rewrite") &&
        pick<Json>([
          { host_rewrite_literal: "rewritten" },
          { auto_host_rewrite: true },
          { host_rewrite_header: "x-name" },
        ])),
      ...(maybe(4) && note("timeout") && { timeout: pick(["0s", "5s", "1s"]) }),
      ...(maybe(8) && note("idle_timeout") && { idle_timeout: pick(["1s", "10s"]) }),
      ...(maybe(8) &&
        note("max_stream_duration") && { max_stream_duration: { max_stream_duration: pick(["1s", "10s"]) } }),
      ...(maybe(8) && { cluster_not_found_response_code: "NOT_FOUND" }),
      ...(maybe(8) && { append_x_forwarded_host: true }),
    };
  };

  const route = (): Json => {
    const matched = match();
    const isPrefix = matched["prefix"] !== undefined || matched["path"] !== undefined;
    const kind = pick(["route", "route", "route", "route", "redirect", "direct_response"]);
    if (kind === "route") return { match: matched, route: forward(isPrefix), ...edits() };
    note(kind);
    if (kind === "direct_response")
      return {
        match: matched,
        direct_response: pick<Json>([
          { status: 200, body: { inline_string: "direct" } },
          { status: 204 },
          { status: 403 },
          { status: 503, body: { inline_string: "no" } },
        ]),
        ...edits(),
      };
    return {
      match: matched,
      redirect: {
        ...pick<Json>([
          { https_redirect: true },
          { host_redirect: "new.example" },
          { path_redirect: "/moved" },
          { path_redirect: "/moved?z=1" },
          { scheme_redirect: "ftp", port_redirect: 21 },
          { https_redirect: true, port_redirect: 8443 },
          { host_redirect: "new.example:81", path_redirect: "/x" },
          isPrefix ? { prefix_rewrite: "/p" } : { port_redirect: 8443 },
        ]),
        ...(maybe(3) && { response_code: pick(["FOUND", "SEE_OTHER", "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT"]) }),
        ...(maybe(4) && { strip_query: true }),
      },
      ...edits(),
    };
  };

  const domains = maybe(2)
    ? pick([
        [["svc.local", "*.example.org"], ["*"]],
        [["*.org", "www.*"], ["*-none.dev", "a.example.org"], ["*"]],
        [["b.example.org:8080", "svc.*"], ["b.example.org"]],
      ])
    : [["*"]];
  if (domains.length > 1) note("domains");
  const virtualHosts = domains.map((names, index) => ({
    name: `v${index}`,
    domains: names,
    routes: Array.from({ length: 1 + random.below(4) }, route),
    ...(maybe(10) && note("require_tls") && { require_tls: pick(["ALL", "EXTERNAL_ONLY", "NONE"]) }),
    ...edits(),
  }));
  const routeConfig = {
    virtual_hosts: virtualHosts,
    ...edits(),
    ...(maybe(6) && { most_specific_header_mutations_wins: true }),
    ...(maybe(6) && note("ignore_port_in_host_matching") && { ignore_port_in_host_matching: true }),
  };
  const manager: Json = {
    ...(maybe(6) && { normalize_path: true }),
    ...(maybe(6) && { merge_slashes: true }),
    ...(maybe(6) && { use_remote_address: true }),
    ...(maybe(8) && { strip_any_host_port: true }),
    ...(maybe(8) && { via: "proxy" }),
    ...(maybe(10) && { max_request_headers_kb: 1 }),
    ...(maybe(10) && { common_http_protocol_options: { max_headers_count: 6 } }),
    ...(maybe(10) && {
      common_http_protocol_options: { headers_with_underscores_action: pick(["REJECT_REQUEST", "DROP_HEADER"]) },
    }),
    ...(maybe(10) && { xff_num_trusted_hops: 1, use_remote_address: true }),
    ...(maybe(10) && { append_x_forwarded_port: true }),
    ...(maybe(10) && { preserve_external_request_id: true, always_set_request_id_in_response: true }),
    ...(maybe(10) && { server_name: "s", server_header_transformation: pick(["APPEND_IF_ABSENT", "PASS_THROUGH"]) }),
    ...(maybe(10) && { strip_trailing_host_dot: true }),
    ...(maybe(8) && { generate_request_id: false }),
    ...(maybe(10) && { add_user_agent: true }),
    ...(maybe(10) && { skip_xff_append: true, use_remote_address: true }),
    ...(maybe(10) && { scheme_header_transformation: { scheme_to_overwrite: pick(["http", "https"]) } }),
    ...(maybe(10) && {
      internal_address_config: { cidr_ranges: [{ address_prefix: pick(["10.0.0.0", "127.0.0.0"]), prefix_len: 8 }] },
    }),
    ...(maybe(10) && { forward_client_cert_details: pick(["FORWARD_ONLY", "ALWAYS_FORWARD_ONLY", "SANITIZE"]) }),
    ...(maybe(10) && { stream_idle_timeout: pick(["1s", "10s"]) }),
    ...(maybe(8) && {
      path_with_escaped_slashes_action: pick(["REJECT_REQUEST", "UNESCAPE_AND_FORWARD", "UNESCAPE_AND_REDIRECT"]),
    }),
  };
  const request = (): RouteRequest => {
    const method = pick(["GET", "GET", "POST", "HEAD", "PUT", "DELETE"]);
    const hasBody = method === "POST" || method === "PUT";
    return {
      protocol: pick(["http/1.1", "h2"]),
      method,
      path: pick(PATHS),
      headers: [
        ["host", pick(HOSTS)],
        ...(maybe(2) ? [["x-kind", pick(["a", "ab", "c"])] as const] : []),
        ...(maybe(3) ? [["x-name", "named"] as const] : []),
        ...(maybe(3) ? [["x-number", pick(["5", "50", "-1"])] as const] : []),
        ...(maybe(2) ? [["x-cluster", pick(["one", "two", "h2", "nowhere"])] as const] : []),
        ...(maybe(4) ? [["x-want-status", pick(["200", "204", "304", "404", "500"])] as const] : []),
        ...(maybe(5) ? [["x-want-trailers", "1"] as const] : []),
        ...(maybe(16) ? [["x-want-delay", "3000"] as const] : []),
        ...(maybe(5) ? [["x-forwarded-for", "10.9.8.7"] as const] : []),
        ...(maybe(6) ? [["te", "trailers"] as const] : []),
        ...(maybe(8) ? [["content-type", "application/grpc"] as const] : []),
        ...(maybe(10) ? [["x_under", "u"] as const] : []),
        // To HEAD Envoy answers 431 with a body, which is none of HTTP.
        ...(maybe(16) && method !== "HEAD" ? [["x-long", "l".repeat(2000)] as const] : []),
        ...(maybe(10) ? [["x-forwarded-proto", "https"] as const] : []),
        ...(maybe(10) ? [["x-request-id", "00000000-0000-4000-8000-000000000001"] as const] : []),
        ...(maybe(10) ? [["x-envoy-internal", "true"] as const] : []),
        ...(maybe(10) ? [["user-agent", pick(["mine", ""])] as const] : []),
        ...(maybe(12) ? [["x-forwarded-client-cert", "By=spiffe://a"] as const] : []),
        ...(maybe(6) ? [[`x-envoy-${pick(ENVOY_HEADERS)}`, "other"] as const] : []),
        ...(maybe(8) ? [["x-forwarded-host", pick(["first", "a,rewritten", "a, one.test"])] as const] : []),
      ],
      body: hasBody ? pick(["", "body", "x".repeat(70_000)]) : "",
      trailers: hasBody && maybe(3) ? [["x-request-trailer", "t"]] : [],
    };
  };
  return { routeConfig, manager, requests: Array.from({ length: 4 }, request), kinds };
}
