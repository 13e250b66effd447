import type { Place } from "../../../model/index.ts";
import { listAddedHeaders } from "../../../tap/config/added-headers.ts";
import type { MatchPredicate } from "../../../tap/config/match-predicate.ts";
import { readCommonTapConfig } from "../../../tap/config/read-tap-config.ts";
import type { TraceExporterConfig } from "../../../tap/config/trace-exporter-config.ts";
import { type DocumentNode, MessageReader, type MessageShape, refuse } from "../../../wire/config-document/index.ts";
import type { HttpConnectionManagerConfig, HttpTapFilterConfig } from "./config.ts";
import { type ExtensionNames, readExtension } from "./extension.ts";
import type { ReadContext } from "./read-context.ts";
import { readTraceExporter } from "./read-trace-exporter.ts";
import { readWasmFilter } from "./read-wasm-filter.ts";
import { unwrapTypedStruct } from "./unwrap-typed-struct.ts";

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
  router: {
    names: ["envoy.filters.http.router", "envoy.router"],
    types: ["envoy.extensions.filters.http.router.v3.Router", "envoy.config.filter.http.router.v2.Router"],
  },
} as const satisfies Record<string, ExtensionNames>;

const TAP = {
  name: "Tap",
  fields: [
    "common_config",
    "record_headers_received_time",
    "record_downstream_connection",
    "record_upstream_connection",
  ],
} as const satisfies MessageShape<string>;

const ROUTER = {
  name: "Router",
  fields: [],
  // They say which headers and statistics Envoy adds; nothing is added here.
  inert: [
    "dynamic_stats",
    "suppress_envoy_headers",
    "respect_expected_rq_timeout",
    "suppress_grpc_request_failure_code_stats",
    "start_child_span",
  ],
  unsupported: { upstream_log: "", upstream_log_options: "", strict_check_headers: "", upstream_http_filters: "" },
} as const satisfies MessageShape<string>;

/** The HTTP filters, each kind in its order. */
export type HttpFilters = Pick<HttpConnectionManagerConfig, "httpTaps" | "exporters">;

/** Reads `http_filters`: any number of taps and trace exporters, and the router last. Throws TaplineError (`configuration`). */
export function readHttpFilters(nodes: readonly DocumentNode[], place: Place, context: ReadContext): HttpFilters {
  const taps: HttpTapFilterConfig[] = [];
  const exporters: TraceExporterConfig[] = [];
  for (const [index, node] of nodes.entries()) {
    const { kind, config } = readExtension(unwrapTypedStruct(node), "HTTP filter", HTTP_FILTERS);
    const isLast = index === nodes.length - 1;
    if (kind === "router") {
      new MessageReader(config, ROUTER);
      if (!isLast) refuse(node.place, "HTTP filter envoy.filters.http.router must be the last one");
      return { httpTaps: taps, exporters };
    }
    if (kind !== "tap") {
      exporters.push(kind === "wasm" ? readWasmFilter(config, context) : readTraceExporter(config, context));
      continue;
    }
    const message = new MessageReader(config, TAP);
    const common = readCommonTapConfig(message.requiredNode("common_config"), context, "http");
    if (common.kind === "static") warnOfAddedHeaders(common.tap.match, config.place, context);
    taps.push({
      common,
      record: {
        headersReceivedTime: message.bool("record_headers_received_time"),
        downstreamConnection: message.bool("record_downstream_connection"),
        upstreamConnection: message.bool("record_upstream_connection"),
      },
    });
  }
  return refuse(place, "HttpConnectionManager: the last HTTP filter must be envoy.filters.http.router");
}

function warnOfAddedHeaders(match: MatchPredicate, place: Place, context: ReadContext): void {
  const names = listAddedHeaders(match);
  if (names.length > 0)
    context.warn(
      place,
      `a rule looks at ${names.join(", ")}, which Envoy adds and Tapline does not: only what clients and other proxies send is there`,
    );
}
