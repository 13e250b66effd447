import type { Place } from "../../../../model/index.ts";
import type { TraceExporterConfig } from "../../../../tap/config/trace-exporter-config.ts";
import {
  type DocumentNode,
  MessageReader,
  type MessageShape,
  parseJsonValue,
  readString,
  refuse,
} from "../../../../wire/config-document/index.ts";
import { readShippedFilter, sha256Of } from "../../../shipped-filter.ts";
import type { ReadContext } from "../read-context.ts";
import { readDataSource } from "../transport/read-data-source.ts";
import { readTraceExporter } from "./read-trace-exporter.ts";

const NO_MACHINE = "how Envoy runs code: the exporter is in this process";

const WASM = { name: "Wasm", fields: ["config"] } as const satisfies MessageShape<string>;

const PLUGIN = {
  name: "PluginConfig",
  fields: ["name", "root_id", "configuration", "vm_config"],
  withoutEffect: {
    fail_open: [NO_MACHINE, true],
    failure_policy: [NO_MACHINE, "FAIL_OPEN"],
    reload_config: [NO_MACHINE, {}],
    capability_restriction_config: [NO_MACHINE, {}],
    allow_on_headers_stop_iteration: [NO_MACHINE, true],
  },
} as const satisfies MessageShape<string>;

const VM = {
  name: "VmConfig",
  fields: ["code"],
  labels: ["vm_id"],
  withoutEffect: {
    runtime: [NO_MACHINE, "envoy.wasm.runtime.v8"],
    configuration: [NO_MACHINE, {}],
    allow_precompiled: [NO_MACHINE, true],
    nack_on_code_cache_miss: [NO_MACHINE, true],
    environment_variables: [NO_MACHINE, {}],
  },
} as const satisfies MessageShape<string>;

const CODE = { name: "AsyncDataSource", fields: ["local", "remote"] } as const satisfies MessageShape<string>;

const REMOTE = {
  name: "RemoteDataSource",
  fields: ["sha256"],
  withoutEffect: { http_uri: [NO_MACHINE, {}], retry_policy: [NO_MACHINE, {}] },
} as const satisfies MessageShape<string>;

const ANY_VALUE = { name: "configuration", fields: ["@type", "value"] } as const satisfies MessageShape<string>;

/** The original filter's, and ours. */
const ROOT_ID = "trace-outbound-filter";

/**
 * Reads `Wasm`: our filter, or the original's, is the exporter in this process, with the filter's configuration. Other code is
 * refused by its name. Throws TaplineError (`configuration`).
 */
export function readWasmFilter(node: DocumentNode, context: ReadContext): TraceExporterConfig {
  const plugin = new MessageReader(new MessageReader(node, WASM).requiredNode("config"), PLUGIN);
  const rootId = plugin.string("root_id") ?? "";
  if (rootId !== ROOT_ID && !isOurs(plugin, context)) {
    const name = plugin.string("name") || rootId || "without a name";
    refuse(
      plugin.place,
      `wasm code ${JSON.stringify(name)} is not supported`,
      `Tapline runs its trace exporter only: the file bin/http-trace-filter.wasm, or root_id: ${ROOT_ID}`,
    );
  }
  return readTraceExporter(readConfiguration(plugin), context);
}

/** Whether it is the file that ships with this program. */
function isOurs(plugin: MessageReader<(typeof PLUGIN.fields)[number]>, context: ReadContext): boolean {
  const vm = plugin.node("vm_config");
  const code = vm && new MessageReader(vm, VM).node("code");
  if (code === undefined) return false;
  const message = new MessageReader(code, CODE);
  const source = message.requiredOneOf("local", "remote");
  const sha256 =
    source === "local"
      ? sha256Of(readDataSource(message.requiredNode("local"), context).bytes)
      : new MessageReader(message.requiredNode("remote"), REMOTE).requiredString("sha256").toLowerCase();
  return sha256 === readShippedFilter()?.sha256;
}

/** `StringValue` with JSON, empty where it is blank, or a `Struct`. */
function readConfiguration(plugin: MessageReader<(typeof PLUGIN.fields)[number]>): DocumentNode {
  const nothing: DocumentNode = { kind: "mapping", entries: [], place: plugin.place };
  const any = plugin.node("configuration");
  if (any === undefined) return nothing;
  const message = new MessageReader(any, ANY_VALUE);
  const type = message.string("@type") ?? "";
  const value = message.node("value");
  if (value === undefined) return nothing;
  if (type.endsWith("google.protobuf.Struct")) return value;
  if (!type.endsWith("google.protobuf.StringValue"))
    return refuse(message.placeOf("@type"), `configuration: @type ${type} is not supported`, "StringValue or Struct");
  const text = readString(value, "configuration");
  return text.trim() === "" ? nothing : parseConfiguration(text, value.place);
}

function parseConfiguration(text: string, place: Place): DocumentNode {
  const parsed = parseJsonValue(text, place);
  return parsed ?? refuse(place, "configuration: expected JSON", '{"format": "scn"}');
}
