import type { Place } from "../../../../model/index.ts";
import { listAddedHeaders, listMatchedHeaders } from "../../../../tap/config/added-headers.ts";
import type { MatchPredicate } from "../../../../tap/config/match-predicate.ts";
import { readCommonTapConfig } from "../../../../tap/config/read-tap-config.ts";
import { compileStringMatcher } from "../../../../tap/match/compile-header-matcher.ts";
import { type DocumentNode, MessageReader, readEach, refuse } from "../../../../wire/config-document/index.ts";
import { readNameCache } from "../cluster/dynamic-cluster.ts";
import type {
  ForwardProxyFilterConfig,
  HeaderMutationFilterConfig,
  HttpConnectionManagerConfig,
  HttpTapFilterConfig,
  TraceExporterFilterConfig,
} from "../config.ts";
import { type ExtensionNames, readExtension } from "../extension.ts";
import { FORWARD_PROXY, HEADER_MUTATION, HTTP_TAP, ROUTER } from "../fields/http-filter-fields.ts";
import { UNSUPPORTED_HTTP_FILTERS } from "../fields/unsupported-extensions.ts";
import { checkIdle, IDLE_HTTP_FILTERS } from "../idle-extensions.ts";
import type { ReadContext } from "../read-context.ts";
import type { RouteFilter, RouteFilters } from "../routes/read-filter-switches.ts";
import { readMutations } from "../routes/read-mutations.ts";
import type { HeaderMutation } from "../routes/route-table.ts";
import { unwrapTypedStruct } from "../unwrap-typed-struct.ts";
import { readTraceExporter } from "./read-trace-exporter.ts";
import { readWasmFilter } from "./read-wasm-filter.ts";

const HTTP_FILTERS = {
  tap: {
    names: ["envoy.filters.http.tap"],
    types: ["envoy.extensions.filters.http.tap.v3.Tap", "envoy.config.filter.http.tap.v2alpha.Tap"],
  },
  wasm: {
    names: ["envoy.filters.http.wasm"],
    types: ["envoy.extensions.filters.http.wasm.v3.Wasm"],
  },
  exporter: {
    names: ["tapline.filters.http.trace_exporter"],
    types: ["tapline.filters.http.trace_exporter.v1.TraceExporter"],
  },
  forwardProxy: {
    names: ["envoy.filters.http.dynamic_forward_proxy"],
    types: [
      "envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig",
      "envoy.config.filter.http.dynamic_forward_proxy.v2alpha.FilterConfig",
    ],
  },
  headerMutation: {
    names: ["envoy.filters.http.header_mutation"],
    types: ["envoy.extensions.filters.http.header_mutation.v3.HeaderMutation"],
  },
  router: {
    names: ["envoy.filters.http.router", "envoy.router"],
    types: ["envoy.extensions.filters.http.router.v3.Router", "envoy.config.filter.http.router.v2.Router"],
  },
  ...IDLE_HTTP_FILTERS,
} as const satisfies Record<string, ExtensionNames>;

/** The HTTP filters, each kind in its order. */
export interface HttpFilters
  extends Pick<HttpConnectionManagerConfig, "httpTaps" | "exporters" | "headerMutations" | "forwardProxy"> {
  readonly byName: RouteFilters;
  readonly addsEnvoyHeaders: boolean;
  readonly keepsExpectedTimeout: boolean;
}

/** Reads `http_filters`: any number of taps and trace exporters, and the router last. Throws TaplineError (`configuration`). */
export function readHttpFilters(nodes: readonly DocumentNode[], place: Place, context: ReadContext): HttpFilters {
  const taps: HttpTapFilterConfig[] = [];
  const exporters: TraceExporterFilterConfig[] = [];
  const headerMutations: HeaderMutationFilterConfig[] = [];
  const byName = new Map<string, RouteFilter>();
  let forwardProxy: ForwardProxyFilterConfig | undefined;
  let [addsEnvoyHeaders, keepsExpectedTimeout] = [true, false];
  const kinds = readEach(nodes, (node, index) => {
    const { kind, config, name, isDisabled, place } = readExtension(
      unwrapTypedStruct(node),
      "HTTP filter",
      HTTP_FILTERS,
      UNSUPPORTED_HTTP_FILTERS,
    );
    if (kind === "tap") {
      const tap = readTap(config, context);
      if (tap.common.kind === "static") warnOfMutations(tap.common.tap.match, headerMutations, config.place, context);
      taps.push({ name, isDisabled, ...tap });
      byName.set(name, "switched");
    } else if (kind === "wasm" || kind === "exporter") {
      const exporter = kind === "wasm" ? readWasmFilter(config, context) : readTraceExporter(config, context);
      exporters.push({ name, isDisabled, exporter });
      byName.set(name, "switched");
    } else if (kind === "headerMutation") {
      headerMutations.push({ name, isDisabled, ...readHeaderMutation(config) });
      byName.set(name, "mutating");
    } else if (kind === "forwardProxy") {
      if (forwardProxy !== undefined)
        refuse(place, `HTTP filter ${name}: one is there already`, "one looks up all hosts");
      const names = readNameCache(new MessageReader(config, FORWARD_PROXY).requiredNode("dns_cache_config"));
      forwardProxy = { name, isDisabled, names, place };
      byName.set(name, "naming");
    } else if (kind === "router") {
      const router = new MessageReader(config, ROUTER);
      addsEnvoyHeaders = !router.bool("suppress_envoy_headers");
      keepsExpectedTimeout = router.bool("respect_expected_rq_timeout");
      if (isDisabled) refuse(place, "HTTP filter envoy.filters.http.router must not be disabled");
      if (index < nodes.length - 1) refuse(place, "HTTP filter envoy.filters.http.router must be the last one");
    } else {
      checkIdle(config, IDLE_HTTP_FILTERS[kind], IDLE_HTTP_FILTERS[kind].names[0]!);
      byName.set(name, IDLE_HTTP_FILTERS[kind]);
    }
    return kind;
  });
  if (kinds.length === nodes.length && kinds.at(-1) !== "router")
    refuse(place, "HttpConnectionManager: the last HTTP filter must be envoy.filters.http.router");
  const naming = forwardProxy === undefined ? {} : { forwardProxy };
  return { httpTaps: taps, exporters, headerMutations, ...naming, byName, addsEnvoyHeaders, keepsExpectedTimeout };
}

function readHeaderMutation(config: DocumentNode): Omit<HeaderMutationFilterConfig, "name" | "isDisabled"> {
  const message = new MessageReader(config, HEADER_MUTATION);
  return {
    mutations: readMutations(message.node("mutations")),
    mostSpecificWins: message.bool("most_specific_header_mutations_wins"),
  };
}

function readTap(config: DocumentNode, context: ReadContext): Omit<HttpTapFilterConfig, "name" | "isDisabled"> {
  const message = new MessageReader(config, HTTP_TAP);
  const common = readCommonTapConfig(message.requiredNode("common_config"), context, "http");
  if (common.kind === "static") warnOfAddedHeaders(common.tap.match, config.place, context);
  return {
    common,
    record: {
      headersReceivedTime: message.bool("record_headers_received_time"),
      downstreamConnection: message.bool("record_downstream_connection"),
      upstreamConnection: message.bool("record_upstream_connection"),
    },
  };
}

/** In Envoy a tap behind the filter has the request after it, and the answer before it. */
function warnOfMutations(
  match: MatchPredicate,
  filters: readonly HeaderMutationFilterConfig[],
  place: Place,
  context: ReadContext,
): void {
  const changed = (isRequest: boolean, name: string) =>
    filters.some(({ mutations: { requestHeaders, requestTrailers, responseHeaders, responseTrailers } }) =>
      (isRequest ? [...requestHeaders, ...requestTrailers] : [...responseHeaders, ...responseTrailers]).some(
        (mutation) => changes(mutation, name),
      ),
    );
  const names = listMatchedHeaders(match).filter(({ isRequest, name }) => changed(isRequest, name));
  if (names.length > 0)
    context.warn(
      place,
      `a rule looks at ${[...new Set(names.map(({ name }) => name))].join(", ")}, which a filter before the tap changes: the tap sees messages as the client's connection has them`,
    );
}

function changes(mutation: HeaderMutation, name: string): boolean {
  if (mutation.kind === "remove-matching") return compileStringMatcher(mutation.names)(name);
  return (mutation.kind === "remove" ? mutation.name : mutation.addition.name) === name;
}

function warnOfAddedHeaders(match: MatchPredicate, place: Place, context: ReadContext): void {
  const names = listAddedHeaders(match);
  if (names.length > 0)
    context.warn(
      place,
      `a rule looks at ${names.join(", ")}, which Envoy adds and Tapline does not: only what clients and other proxies send is there`,
    );
}
