import { type Command, InvalidArgumentError, Option } from "commander";
import { stringify } from "yaml";
import { TaplineError } from "../../model/index.ts";
import { Cluster } from "../../sink/kubernetes/cluster.ts";
import { deployFilter, removeFilter } from "../../sink/kubernetes/filter/deploy-filter.ts";
import {
  buildAnnotations,
  buildConfigMap,
  buildPlugin,
  buildRoles,
} from "../../sink/kubernetes/filter/filter-objects.ts";
import {
  DEFAULT_BACKEND_ADDRESS,
  DEFAULT_BACKEND_PORT,
  DEFAULT_CONFIG_MAP,
  type FilterCode,
  type FilterOptions,
} from "../../sink/kubernetes/filter/filter-options.ts";
import { readShippedFilter, SHIPPED_FILTER_NAME, sha256Of } from "../../source/shipped-filter.ts";
import { readWholeFile } from "../../source/whole-file.ts";
import { TELEMETRY_FORMATS, type TelemetryFormat } from "../../wire/telemetry/index.ts";
import { type ClusterFlags, defineClusterFlags } from "./cluster-flags.ts";
import { checkNamespace } from "./deploy-values.ts";

interface DeployFilterFlags extends ClusterFlags {
  address: string;
  port: number;
  sampling?: true;
  samplingPort?: number;
  format?: TelemetryFormat;
  set: Record<string, unknown>;
  configMap: string;
  binary?: string;
  remote?: string;
  inbound?: true;
  onFailure: FilterOptions["onFailure"];
  wasmPlugin?: true;
}

/** `tapline deploy filter`: the trace filter into the sidecars of namespaces. */
export function define(command: Command): void {
  command
    .summary("put the trace filter into the Istio sidecars of namespaces")
    .description("Puts the trace filter into the Istio sidecars of namespaces, or takes it back.")
    .argument("<namespaces...>", "where the sidecars are")
    .option("--address <host>", "the backend's host", parseHost, DEFAULT_BACKEND_ADDRESS)
    .option("--port <port>", "its port", parsePort, DEFAULT_BACKEND_PORT)
    .addOption(
      new Option("--format <format>", "scn, or apiclarity (the default where the backend is the default one)").choices(
        Object.keys(TELEMETRY_FORMATS),
      ),
    )
    .option("--sampling", "report only what GET /api/hostsToTrace lists")
    .option("--sampling-port <port>", "where it is asked for; default the backend's port", parsePort)
    .option("--set <key=value>", "more of the filter's configuration; may be repeated", parseSetting, {})
    .option("--config-map <name>", "the ConfigMap that holds the file", parseName, DEFAULT_CONFIG_MAP)
    .option("--binary <file>", "another filter than the one that ships")
    .option(
      "--remote <url>",
      "Envoy fetches the file there: no ConfigMap, no annotations, and nothing restarts",
      parseUrl,
    )
    .option("--inbound", "the server's side of connections reports, too")
    .addOption(
      new Option("--on-failure <what>", "what becomes of traffic where the filter cannot run")
        .choices(["fail-open", "fail-reload", "fail-closed"])
        .default("fail-open"),
    )
    .option(
      "--wasm-plugin",
      "as Istio's WasmPlugin instead of an EnvoyFilter; the backend must be a service of the mesh",
    );
  defineClusterFlags(command, {
    dryRun: "print the objects, and the least Role that is needed; asks no cluster",
    remove: "take everything back",
  });
  command
    .addHelpText(
      "after",
      `
Examples:
  tapline deploy filter shop --dry-run
  tapline deploy filter shop cart --address tapline.monitoring.svc.cluster.local
  tapline deploy filter shop --remote http://tapline.monitoring.svc.cluster.local:9000/${SHIPPED_FILTER_NAME}
  tapline deploy filter shop --remove`,
    )
    .action(runDeployFilter);
}

async function runDeployFilter(namespaces: readonly string[], flags: DeployFilterFlags): Promise<void> {
  for (const namespace of namespaces) checkNamespace(namespace);
  const tell = (line: string): void => void process.stdout.write(`${line}\n`);
  if (flags.dryRun === true) {
    for (const namespace of new Set(namespaces)) printObjects(readOptions(flags), namespace);
    return;
  }
  const options = flags.remove === true ? undefined : readOptions(flags);
  const cluster = await Cluster.connect(flags);
  const mode = flags.diff === true ? "diff" : "apply";
  let changed = false;
  for (const namespace of new Set(namespaces)) {
    const result =
      options === undefined
        ? await removeFilter(namespace, flags.configMap, { cluster, mode, tell })
        : await deployFilter(namespace, { cluster, options, mode, force: flags.forceConflicts === true, tell });
    if (result.failed) process.exitCode = 1;
    if (result.changed) changed = true;
  }
  if (mode === "diff" && !changed) tell("nothing would change");
  if (mode === "apply" && changed && options !== undefined)
    tell(
      "bodies leave the sidecars as they are: credentials in them are taken out by who receives (docs/trace-exporter.md)",
    );
}

function printObjects(options: FilterOptions, namespace: string): void {
  const { code } = options;
  const objects = [buildConfigMap(options, namespace), buildPlugin(options, namespace)];
  const write = (text: string): void => void process.stdout.write(text);
  for (const object of objects) if (object !== undefined) write(`---\n${stringify(object, { lineWidth: 0 })}`);
  if (code.kind === "config-map") {
    const template = { spec: { template: { metadata: { annotations: buildAnnotations(code.configMap) } } } };
    write(`# Every Deployment, StatefulSet and DaemonSet in ${namespace} gets:\n`);
    write(comment(stringify(template, { lineWidth: 0 })));
  }
  write(`# The least that is needed to deploy it, and to take it back:\n`);
  for (const role of buildRoles(options, namespace)) write(comment(`---\n${stringify(role, { lineWidth: 0 })}`));
}

function comment(text: string): string {
  return text.trimEnd().replace(/^/gm, "# ").concat("\n");
}

function readOptions(flags: DeployFilterFlags): FilterOptions {
  const { address, port, sampling, samplingPort, inbound, onFailure, wasmPlugin, set } = flags;
  const isDefault = address === DEFAULT_BACKEND_ADDRESS;
  return {
    address,
    port,
    ...((sampling === true || samplingPort !== undefined) && { samplingPort: samplingPort ?? port }),
    format: flags.format ?? (isDefault ? "apiclarity" : "scn"),
    configuration: set,
    inbound: inbound === true,
    onFailure,
    as: wasmPlugin === true ? "wasm-plugin" : "envoy-filter",
    code: readCode(flags),
  };
}

function readCode({ binary, remote, configMap }: DeployFilterFlags): FilterCode {
  const bytes = binary === undefined ? readShippedFilter()?.bytes : readWholeFile(binary);
  if (bytes === undefined)
    throw new TaplineError("usage", `bin/${SHIPPED_FILTER_NAME} is not built`, { hint: "npm run build:wasm" });
  if (!isWasm(bytes)) throw new TaplineError("usage", `${binary} is no WebAssembly module`);
  if (remote !== undefined) return { kind: "remote", url: remote, sha256: sha256Of(bytes) };
  // A ConfigMap holds 1 MiB with everything in it, in base64.
  if (bytes.length > 700_000)
    throw new TaplineError("usage", `${binary} is too large for a ConfigMap`, { hint: "--remote URL" });
  const file = (binary ?? SHIPPED_FILTER_NAME).replace(/^.*\//, "");
  if (!/^[-._a-zA-Z0-9]+$/.test(file)) throw new TaplineError("usage", `${file} cannot be a key of a ConfigMap`);
  return { kind: "config-map", configMap, file, bytes };
}

function isWasm(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
}

function parseName(text: string): string {
  if (/^[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError("Expected lower-case letters, digits, - and dots.");
}

function parseHost(text: string): string {
  if (/^[a-zA-Z0-9](?:[-.a-zA-Z0-9]*[a-zA-Z0-9])?$|^[0-9a-fA-F:]+$/.test(text)) return text;
  throw new InvalidArgumentError("Expected a host name or an address, without scheme, port and path.");
}

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) < 65_536) return Number(text);
  throw new InvalidArgumentError("Expected a port, 1 to 65535.");
}

function parseUrl(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError("Expected http://HOST:PORT/FILE or https://HOST:PORT/FILE.");
}

/** A value is JSON where it is any, else a text. */
function parseSetting(text: string, before: Record<string, unknown>): Record<string, unknown> {
  const [, key, value] = /^([a-z_]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined) throw new InvalidArgumentError("Expected key=value, such as max_body_bytes=100000.");
  if (key === "log_payload") throw new InvalidArgumentError("Payloads are never logged.");
  try {
    return { ...before, [key]: JSON.parse(value!) };
  } catch {
    return { ...before, [key]: value };
  }
}
