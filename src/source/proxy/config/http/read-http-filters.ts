import type { Place } from "../../../../model/index.ts";
import { listAddedHeaders } from "../../../../tap/config/added-headers.ts";
import type { MatchPredicate } from "../../../../tap/config/match-predicate.ts";
import { readCommonTapConfig } from "../../../../tap/config/read-tap-config.ts";
import { type DocumentNode, MessageReader, readEach, refuse } from "../../../../wire/config-document/index.ts";
import { readNameCache } from "../cluster/dynamic-cluster.ts";
import type {
  ForwardProxyFilterConfig,
  HttpConnectionManagerConfig,
  HttpTapFilterConfig,
  TraceExporterFilterConfig,
} from "../config.ts";
import { type ExtensionNames, readExtension } from "../extension.ts";
import { FORWARD_PROXY, HTTP_TAP, ROUTER } from "../fields/http-filter-fields.ts";
import { UNSUPPORTED_HTTP_FILTERS } from "../fields/unsupported-extensions.ts";
import { checkIdle, IDLE_HTTP_FILTERS } from "../idle-extensions.ts";
import type { ReadContext } from "../read-context.ts";
import type { RouteFilter, RouteFilters } from "../routes/read-filter-switches.ts";
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
  router: {
    names: ["envoy.filters.http.router", "envoy.router"],
    types: ["envoy.extensions.filters.http.router.v3.Router", "envoy.config.filter.http.router.v2.Router"],
  },
  ...IDLE_HTTP_FILTERS,
} as const satisfies Record<string, ExtensionNames>;

/** The HTTP filters, each kind in its order. */
export interface HttpFilters extends Pick<HttpConnectionManagerConfig, "httpTaps" | "exporters" | "forwardProxy"> {
  readonly byName: RouteFilters;
  readonly addsEnvoyHeaders: boolean;
  readonly keepsExpectedTimeout: boolean;
}

/** Reads `http_filters`: any number of taps and trace exporters, and the router last. Throws TaplineError (`configuration`). */
export function readHttpFilters(nodes: readonly DocumentNode[], place: Place, context: ReadContext): HttpFilters {
  const taps: HttpTapFilterConfig[] = [];
  const exporters: TraceExporterFilterConfig[] = [];
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
      taps.push({ name, isDisabled, ...readTap(config, context) });
      byName.set(name, "switched");
    } else if (kind === "wasm" || kind === "exporter") {
      const exporter = kind === "wasm" ? readWasmFilter(config, context) : readTraceExporter(config, context);
      exporters.push({ name, isDisabled, exporter });
      byName.set(name, "switched");
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
  return { httpTaps: taps, exporters, ...naming, byName, addsEnvoyHeaders, keepsExpectedTimeout };
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

function warnOfAddedHeaders(match: MatchPredicate, place: Place, context: ReadContext): void {
  const names = listAddedHeaders(match);
  if (names.length > 0)
    context.warn(
      place,
      `a rule looks at ${names.join(", ")}, which Envoy adds and Tapline does not: only what clients and other proxies send is there`,
    );
}
