import { type Command, Option } from "commander";
import type { AnalysisLimits } from "../../analysis/limits.ts";
import type { PipelineOutput } from "../../analysis/pipeline/flow-pipeline.ts";
import { createNodeRedactor } from "../../analysis/redaction/node-redactor.ts";
import { deadlineIn, type Ledger, type MemoryBudget, TaplineError } from "../../model/index.ts";
import type { PublishSink } from "../../sink/publish/publish-sink.ts";
import { readWholeFile } from "../../source/whole-file.ts";
import {
  type BackendConfig,
  defaultTraceExporter,
  type TraceExporterConfig,
} from "../../tap/config/trace-exporter-config.ts";
import { DEFAULT_TELEMETRY_OPTIONS, TELEMETRY_FORMATS, type TelemetryFormat } from "../../wire/telemetry/index.ts";
import { readRules } from "./create-redactor.ts";
import type { RedactFlags } from "./redact-flags.ts";

/** The flags' values, as they were written. */
export interface PublishFlags {
  publish?: string;
  publishFormat?: TelemetryFormat;
  publishToken?: string;
  publishCa?: string;
  publishCert?: string;
  publishKey?: string;
  publishUnredacted?: true;
}

export function definePublishFlags(command: Command): void {
  command
    .option("--publish <url>", "report what matches to a backend too: http://HOST:PORT (docs/trace-exporter.md)")
    .addOption(
      new Option(
        "--publish-format <format>",
        "scn (POST /publish, the default) or apiclarity (POST /api/telemetry)",
      ).choices(Object.keys(TELEMETRY_FORMATS)),
    )
    .option("--publish-token <token>", "sent as X-Trace-Source-Token (default: TAPLINE_PUBLISH_TOKEN)")
    .option("--publish-ca <file>", "whom to trust, for https: PEM")
    .option("--publish-cert <file>", "a client certificate, for https: PEM")
    .option("--publish-key <file>", "its key: PEM")
    .option("--publish-unredacted", "leave credentials in what is reported");
}

export interface Publishing {
  readonly output: PipelineOutput;
  /** To be called when everything is closed. @throws TaplineError (`connection`) where the backend was given up, or refused reports */
  readonly finish: () => void;
}

export interface PublishEnvironment {
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  /** Whether the source can wait for the backend. */
  readonly mode: "live" | "lossless";
}

/** Undefined where nothing is to be reported. @throws TaplineError (`usage`) */
export async function createPublishing(
  flags: PublishFlags & RedactFlags,
  { ledger, budget, mode }: PublishEnvironment,
): Promise<Publishing | undefined> {
  const { publish, publishUnredacted, publishFormat, publishToken, publishCa, publishCert, publishKey } = flags;
  if (publish === undefined) {
    if (publishFormat ?? publishToken ?? publishCa ?? publishCert ?? publishKey ?? publishUnredacted)
      throw new TaplineError("usage", "the --publish- flags say how to report, and --publish is not there");
    return undefined;
  }
  const config = readConfig(publish, flags);
  const { PublishSink } = await import("../../sink/publish/publish-sink.ts");
  const own = budget.child(Math.min(config.maxMemoryBytes, Math.floor(budget.limit / 2)));
  const tell = ({ times = 1, ...facts }: { readonly times?: number }, message: string) =>
    void process.stderr.write(
      `tapline: ${message}: ${Object.values(facts).join(", ")}${times > 1 ? ` (${times} times)` : ""}\n`,
    );
  const logger = { debug() {}, info: tell, warn: tell, error: tell };
  const sink: PublishSink = new PublishSink({ config, clusters: [], ledger, budget: own, logger, mode });
  return {
    output: {
      exchanges: sink,
      showsBodies: true,
      redaction: publishUnredacted === true ? "none" : createNodeRedactor(readRules(flags)),
    },
    finish: () => {
      if (sink.failure !== undefined)
        throw new TaplineError("connection", `cannot report to ${sink.failure}`, {
          hint: "is the backend there, and does it take what --publish-format says?",
        });
    },
  };
}

/** When a command that ends gives up what the backend has not taken: a moment as `close` of sinks has it. */
export function deadlineOf(publishing: Publishing | undefined): number {
  return publishing === undefined ? Number.POSITIVE_INFINITY : deadlineIn(PUBLISH_MILLIS);
}

/** How long a backend has for the last reports. */
const PUBLISH_MILLIS = 10_000;

/** Where exchanges are reported, as much is kept of a body as a report may have, unless `--limit bodyBytes` says otherwise. */
export function withPublishedBodies<Limits extends { readonly analysis: Partial<AnalysisLimits> }>(
  limits: Limits,
  publishing: Publishing | undefined,
): Limits {
  if (publishing === undefined) return limits;
  return { ...limits, analysis: { bodyBytes: DEFAULT_TELEMETRY_OPTIONS.maxBodyBytes, ...limits.analysis } };
}

function readConfig(text: string, flags: PublishFlags): TraceExporterConfig {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:\/\//i.test(text) || url.search !== "")
    throw new TaplineError("usage", `--publish ${text}: expected http://HOST:PORT or https://HOST:PORT`);
  const path = url.pathname === "/" ? undefined : url.pathname;
  const format = flags.publishFormat ?? (path === TELEMETRY_FORMATS.apiclarity.path ? "apiclarity" : "scn");
  const withholdsCoded = flags.publishUnredacted !== true;
  const config = defaultTraceExporter(readBackend(url.origin, flags), {
    ...DEFAULT_TELEMETRY_OPTIONS,
    format,
    withholdsCoded,
  });
  const token = flags.publishToken ?? process.env["TAPLINE_PUBLISH_TOKEN"];
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
    throw new TaplineError("usage", "--publish-token: expected printable ASCII without spaces");
  return { ...config, ...(path !== undefined && { path }), ...(token !== undefined && { token }) };
}

function readBackend(url: string, { publishCa, publishCert, publishKey }: PublishFlags): BackendConfig {
  if ((publishCert === undefined) !== (publishKey === undefined))
    throw new TaplineError("usage", "--publish-cert and --publish-key go together");
  const isTls = url.startsWith("https:");
  if (!isTls && (publishCa ?? publishCert) !== undefined)
    throw new TaplineError("usage", "--publish-ca and --publish-cert are for https://");
  const tls = {
    ...(publishCa !== undefined && { ca: readWholeFile(publishCa) }),
    ...(publishCert !== undefined && { certificate: readWholeFile(publishCert) }),
    ...(publishKey !== undefined && { key: readWholeFile(publishKey) }),
  };
  return { kind: "url", url, ...(isTls && { tls }) };
}
