import { compileFilter } from "../../../../analysis/filter/index.ts";
import type { Place } from "../../../../model/index.ts";
import { TaplineError } from "../../../../model/index.ts";
import {
  type BackendConfig,
  defaultTraceExporter,
  type SamplingConfig,
  type TraceExporterConfig,
} from "../../../../tap/config/trace-exporter-config.ts";
import { type DocumentNode, MessageReader, type MessageShape, refuse } from "../../../../wire/config-document/index.ts";
import {
  BODY_MODES,
  DEFAULT_TELEMETRY_OPTIONS,
  TELEMETRY_FORMATS,
  type TelemetryFormat,
} from "../../../../wire/telemetry/index.ts";
import type { ReadContext } from "../read-context.ts";

const EXPORTER = {
  name: "TraceExporter",
  fields: [
    "format",
    "path",
    "authority",
    "cluster",
    "backend",
    "timeout_ms",
    "max_body_bytes",
    "body_mode",
    "exclude_header_prefixes",
    "redact",
    "redact_headers",
    "redact_query",
    "sampling",
    "trace_sampling_enabled",
    "sample_rate",
    "skip_paths",
    "filter",
    "nats_subject",
    "token",
    "max_memory_bytes",
    "max_queued",
    "max_connections",
    "max_attempts",
    "compat",
  ],
  withoutEffect: {
    service_mesh: ["which metadata the filter in Envoy asks for", "istio"],
    flush_on_done: ["whether the filter in Envoy is told of a stream's end", true],
  },
  unsupported: { log_payload: "payloads are never logged: leave it out" },
} as const satisfies MessageShape<string>;

const SAMPLING = {
  name: "Sampling",
  fields: ["enabled", "cluster", "backend", "path", "interval_ms", "trace_before_first_list"],
} as const satisfies MessageShape<string>;

type Exporter = MessageReader<(typeof EXPORTER.fields)[number]>;

/**
 * Reads the configuration of a trace exporter: the keys of the Envoy filter, and ours (`backend`, `filter`, the bounds). Throws
 * TaplineError (`configuration`).
 */
export function readTraceExporter(node: DocumentNode, context: ReadContext): TraceExporterConfig {
  const message: Exporter = new MessageReader(node, EXPORTER);
  const format = oneOf(message, "format", Object.keys(TELEMETRY_FORMATS) as TelemetryFormat[]) ?? "scn";
  const defaults = defaultTraceExporter(readBackend(message, context), { ...DEFAULT_TELEMETRY_OPTIONS, format });
  const count = (field: Parameters<Exporter["integer"]>[0], usual: number, least = 1n) =>
    Number(message.integer(field, { least, most: 1_000_000_000n }) ?? usual);
  const { telemetry } = defaults;
  const redacts = !message.has("redact") || message.bool("redact");
  const sampling = readSampling(message, context);
  const filter = readFilter(message);
  const token = message.string("token");
  return {
    ...withoutRedaction(defaults),
    telemetry: {
      format,
      compat: message.bool("compat"),
      maxBodyBytes: count("max_body_bytes", telemetry.maxBodyBytes, 0n),
      bodyMode: oneOf(message, "body_mode", BODY_MODES) ?? telemetry.bodyMode,
      excludeHeaderPrefixes: message.has("exclude_header_prefixes")
        ? message.strings("exclude_header_prefixes").map((prefix) => prefix.toLowerCase())
        : telemetry.excludeHeaderPrefixes,
      withholdsCoded: redacts,
    },
    path: readPath(message, "path") ?? defaults.path,
    authority: checkHeaderValue(message, "authority", message.string("authority") || defaults.authority),
    natsSubject: checkHeaderValue(message, "nats_subject", message.string("nats_subject") ?? defaults.natsSubject),
    ...(token !== undefined && token !== "" && { token: checkHeaderValue(message, "token", token) }),
    timeoutMillis: count("timeout_ms", defaults.timeoutMillis),
    ...(redacts && {
      redaction: { headers: message.strings("redact_headers"), names: message.strings("redact_query") },
    }),
    ...(sampling && { sampling }),
    sampleRate: message.number("sample_rate", { least: 0, most: 1 }) ?? defaults.sampleRate,
    skipPaths: message.strings("skip_paths"),
    ...(filter !== undefined && { filter }),
    maxMemoryBytes: count("max_memory_bytes", defaults.maxMemoryBytes),
    maxQueued: count("max_queued", defaults.maxQueued),
    maxConnections: count("max_connections", defaults.maxConnections),
    maxAttempts: count("max_attempts", defaults.maxAttempts),
    place: node.place,
  };
}

function withoutRedaction({ redaction: _, ...rest }: TraceExporterConfig): Omit<TraceExporterConfig, "redaction"> {
  return rest;
}

/**
 * In this order: a URL, the cluster that is named (`trace_analyzer` where none is), the original's variables
 * `WASM_FILTER_TRACE_BACKEND_ADDRESS` and `_PORT`.
 */
function readBackend(message: Exporter, context: ReadContext): BackendConfig {
  message.oneOf("backend", "cluster");
  const url = message.string("backend");
  if (url !== undefined) return { kind: "url", url: checkUrl(message.placeOf("backend"), "backend", url) };
  const name = message.string("cluster") ?? "trace_analyzer";
  const { clusters = [], environment } = context;
  if (clusters.includes(name)) return { kind: "cluster", name };
  const address = environment["WASM_FILTER_TRACE_BACKEND_ADDRESS"];
  const port = environment["WASM_FILTER_TRACE_BACKEND_PORT"] || "9000";
  if (!address || message.has("cluster"))
    return refuse(
      message.placeOf("cluster"),
      `TraceExporter: there is no cluster '${name}' to send traces to`,
      "add it to static_resources.clusters, or set backend: http://HOST:PORT, or WASM_FILTER_TRACE_BACKEND_ADDRESS",
    );
  return { kind: "url", url: checkUrl(message.place, "WASM_FILTER_TRACE_BACKEND_ADDRESS", addressUrl(address, port)) };
}

function readSampling(message: Exporter, context: ReadContext): SamplingConfig | undefined {
  const node = message.node("sampling");
  const sampling = node && new MessageReader(node, SAMPLING);
  const isAsked = readLooseBool(message, "trace_sampling_enabled") || sampling?.bool("enabled") === true;
  if (!isAsked) return undefined;
  const interval = sampling?.integer("interval_ms", { least: 1000n, most: 86_400_000n });
  const path = sampling && readPath(sampling, "path");
  return {
    backend: readSamplingBackend(message, sampling, context),
    path: path ?? "/api/hostsToTrace",
    intervalMillis: Number(interval ?? 60_000n),
    traceBeforeFirstList: sampling?.bool("trace_before_first_list") ?? false,
  };
}

type Sampling = MessageReader<(typeof SAMPLING.fields)[number]>;

function readSamplingBackend(message: Exporter, sampling: Sampling | undefined, context: ReadContext): BackendConfig {
  sampling?.oneOf("backend", "cluster");
  const url = sampling?.string("backend");
  if (url !== undefined) return { kind: "url", url: checkUrl(sampling!.placeOf("backend"), "backend", url) };
  const name = sampling?.string("cluster") ?? "trace-sampling-manager";
  const { clusters = [], environment } = context;
  if (clusters.includes(name)) return { kind: "cluster", name };
  if (sampling?.has("cluster") === true)
    return refuse(sampling.placeOf("cluster"), `Sampling: there is no cluster '${name}' to ask`);
  const address = environment["WASM_FILTER_TRACE_BACKEND_ADDRESS"];
  if (!address || message.has("backend")) return readBackend(message, context);
  const port = environment["WASM_FILTER_TRACE_SAMPLING_PORT"] || "9990";
  return { kind: "url", url: checkUrl(message.place, "WASM_FILTER_TRACE_BACKEND_ADDRESS", addressUrl(address, port)) };
}

/** The original takes the text "true" alone. */
function readLooseBool(message: Exporter, field: "trace_sampling_enabled"): boolean {
  const node = message.node(field);
  if (node?.kind === "scalar" && typeof node.value === "string") return node.value === "true";
  return message.bool(field);
}

function readFilter(message: Exporter): string | undefined {
  const text = message.string("filter");
  if (text === undefined || text === "") return undefined;
  try {
    compileFilter(text);
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    refuse(message.placeOf("filter"), error.message, error.hint);
  }
  return text;
}

function readPath<Field extends string>(message: MessageReader<Field>, field: Field): string | undefined {
  const path = message.string(field);
  if (path === undefined || path === "") return undefined;
  return /^\/[\x21-\x7e]*$/.test(path)
    ? path
    : refuse(message.placeOf(field), `${field}: expected a path such as /publish`);
}

function oneOf<Value extends string>(
  message: Exporter,
  field: "format" | "body_mode",
  values: readonly Value[],
): Value | undefined {
  const text = message.string(field);
  if (text === undefined || text === "") return undefined;
  const value = values.find((one) => one === text);
  return (
    value ??
    refuse(message.placeOf(field), `${field}: expected one of ${values.join(", ")}, found ${JSON.stringify(text)}`)
  );
}

function checkHeaderValue(message: Exporter, field: "token" | "authority" | "nats_subject", value: string): string {
  if (/^[\x20-\x7e]*$/.test(value)) return value;
  return refuse(message.placeOf(field), `${field}: expected printable ASCII`);
}

function addressUrl(address: string, port: string): string {
  return `http://${address.includes(":") && !address.startsWith("[") ? `[${address}]` : address}:${port}`;
}

function checkUrl(place: Place, field: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:\/\//.test(text) || url.pathname !== "/" || url.search !== "")
    return refuse(place, `${field}: expected http://HOST:PORT or https://HOST:PORT, found ${JSON.stringify(text)}`);
  return text;
}
