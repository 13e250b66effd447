import { type Command, Option } from "commander";
import { describeExitCodes, TaplineError } from "../../model/index.ts";
import { readWholeFile } from "../../source/whole-file.ts";
import { collect, parseCount, parseSize } from "../flags/option-values.ts";
import { defineRedactFlags, type RedactFlags } from "../flags/redact-flags.ts";

export interface WasmFlags extends RedactFlags {
  config?: string;
  vmConfig?: string;
  cluster: string[];
  replay: string[];
  filter?: string;
  count?: number;
  output: "table" | "ndjson";
  rootId: string;
  part: number;
  patience: number;
  failOpen?: true;
  memory: number;
  quiet?: true;
  color: "auto" | "always" | "never";
}

export function defineWasmFlags(command: Command): void {
  command
    .argument("<file>", "a filter for proxies: a module of proxy-wasm's ABI 0.1.0, 0.2.0 or 0.2.1")
    .option("--config <file>", "the filter's configuration: a file, - for stdin, or JSON that begins with {")
    .option("--vm-config <file>", "the configuration of its machine, likewise")
    .option("--root-id <name>", "the plugin_root_id that the filter is told", "")
    .option(
      "--cluster <name=url>",
      "where its calls to a cluster go; calls to others are refused; repeatable",
      collect,
      [],
    )
    .option("--replay <file>", "exchanges to run through it: whatever tapline read reads; repeatable", collect, [])
    .option("-Y, --filter <filter>", "only exchanges that match (docs/filter.md)")
    .option("-c, --count <n>", "stop after so many", parseCount)
    .addOption(new Option("-o, --output <format>", "what to print").choices(["table", "ndjson"]).default("table"))
    .option("--part <bytes>", "bodies come in parts of so many bytes", parseSize, 16_384)
    .option("--patience <ms>", "how long it may pause an exchange, and its calls may take afterwards", parseCount, 5000)
    .option("--fail-open", "once it has failed, exchanges pass; otherwise they are answered with 503, as by Envoy")
    .option("--memory <MiB>", "how much may be buffered in all", parseCount, 80)
    .option("-q, --quiet", "do not print the sums")
    .addOption(new Option("--color <when>", "colours").choices(["auto", "always", "never"]).default("auto"));
  defineRedactFlags(command);
  command.addHelpText(
    "after",
    `
The filter gets exchanges as they were recorded, and its calls are really made; what is shown has no credentials.
Exit codes: ${describeExitCodes(["done", "failed", "usage", "interrupted"])}.

Examples:
  tapline wasm filter.wasm --config config.json
  tapline wasm filter.wasm --config '{"mode":"strict"}' --replay capture.pcapng
  tapline wasm bin/http-trace-filter.wasm --cluster trace_analyzer=http://127.0.0.1:9000 --replay session.har`,
  );
}

/** @throws TaplineError (`usage`) */
export function readClusters(texts: readonly string[]): Map<string, URL> {
  const clusters = new Map<string, URL>();
  for (const text of texts) {
    const equals = text.indexOf("=");
    const url = text.slice(equals + 1);
    if (equals <= 0 || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new TaplineError("usage", `--cluster ${text}: expected a name and a URL`, {
        hint: "--cluster trace_analyzer=http://127.0.0.1:9000",
      });
    clusters.set(text.slice(0, equals), new URL(url));
  }
  return clusters;
}

/** The bytes as they stand, as Envoy hands them on; none where there is no flag. @throws TaplineError (`configuration`) */
export function readConfiguration(source: string | undefined): Uint8Array {
  if (source === undefined) return new Uint8Array(0);
  if (source.trimStart().startsWith("{")) return new TextEncoder().encode(source);
  return readWholeFile(source, "configuration");
}
