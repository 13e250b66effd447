import { availableParallelism } from "node:os";
import { type Place, TaplineError } from "../../../model/index.ts";
import { type DocumentNode, parseDocument } from "../../../wire/config-document/index.ts";
import { readWholeFile } from "../../whole-file.ts";
import { MOST_RINGS } from "../loader/rings.ts";
import { makeDefaultAnalyzers } from "./default-analyzers.ts";
import { type ProcessAnalyzer, type ProcessRule, readAnalyzer, readRule } from "./process-names.ts";
import { type RoverValue, readFlag, readRoverValues } from "./read-rover-values.ts";
import { ROVER_KEYS, type RoverKey, type RoverPath } from "./rover-keys.ts";

/** Rover's configuration as it is in force. */
export interface RoverConfig {
  readonly isActive: boolean;
  readonly logLevel: string;
  readonly cluster: string;
  readonly backend: {
    readonly address: string;
    readonly tls: boolean;
    readonly certificate: string;
    readonly key: string;
    readonly authority: string;
    readonly skipsVerification: boolean;
    readonly authentication: string;
    readonly checkMillis: number;
  };
  readonly heartbeatMillis: number;
  /** Each so many heartbeats all processes are reported anew. */
  readonly propertiesPeriod: number;
  readonly kubernetes: {
    readonly isActive: boolean;
    readonly node: string;
    readonly namespaces: readonly string[];
    readonly analyzers: readonly ProcessAnalyzer[];
  };
  readonly rules: readonly ProcessRule[];
  readonly excludedNamespaces: readonly string[];
  readonly excludedClusters: readonly string[];
  readonly flushCount: number;
  readonly flushMillis: number;
  /** Threads that analyse, each with a ring of its own: the larger `analyze_parallels`, at most `MOST_RINGS`. */
  readonly analyzers: number;
  /** Each analyzer holds so much, by `queue_size`: reads and writes that wait for their exchange, and connects, accepts and closes. */
  readonly queues: { readonly calls: number; readonly ends: number };
  /** The size of each ring in the kernel. */
  readonly ringBytes: number;
  /** Values as they are in force, for people. */
  readonly values: ReadonlyMap<RoverPath, RoverValue>;
  readonly withoutEffect: readonly string[];
}

const LEAST_RING = 16 * 1024 * 1024;

/**
 * Reads a file of Rover's.
 * @throws TaplineError (`configuration`) with line and column
 */
export async function readRoverConfig(
  path: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<RoverConfig> {
  const document = await parseDocument(Buffer.from(readWholeFile(path)).toString("utf8"), { file: path });
  return roverConfigOf(document, environment);
}

export function roverConfigOf(
  document: DocumentNode,
  environment: Readonly<Record<string, string | undefined>>,
): RoverConfig {
  const { values, analyzers, rules, withoutEffect } = readRoverValues(document, environment);
  const text = (path: RoverPath): string => values.get(path)!.text;
  const flag = (path: RoverPath): boolean => readFlag(values.get(path)!, path);
  const count = (path: RoverPath): number => readCount(values.get(path)!, path);
  const list = (path: RoverPath): string[] =>
    text(path)
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== "");
  const threads = Math.min(
    MOST_RINGS,
    Math.max(
      count("access_log.protocol_analyze.analyze_parallels"),
      count("access_log.connection_analyze.analyze_parallels"),
    ),
  );
  for (const path of [
    "access_log.protocol_analyze.parse_parallels",
    "access_log.connection_analyze.parse_parallels",
  ] as const)
    count(path);
  const perCpu =
    readSize(values.get("access_log.protocol_analyze.per_cpu_buffer")!, "access_log.protocol_analyze.per_cpu_buffer") +
    readSize(
      values.get("access_log.connection_analyze.per_cpu_buffer")!,
      "access_log.connection_analyze.per_cpu_buffer",
    );
  return {
    isActive: flag("access_log.active"),
    logLevel: readLevel(values.get("logger.level")!),
    cluster: text("core.cluster_name"),
    backend: {
      address: readAddress(values.get("core.backend.addr")!),
      tls: flag("core.backend.enable_TLS"),
      certificate: text("core.backend.client_pem_path"),
      key: text("core.backend.client_key_path"),
      authority: text("core.backend.ca_pem_path"),
      skipsVerification: flag("core.backend.insecure_skip_verify"),
      authentication: text("core.backend.authentication"),
      checkMillis: count("core.backend.check_period") * 1000,
    },
    heartbeatMillis: readDuration(
      values.get("process_discovery.heartbeat_period")!,
      "process_discovery.heartbeat_period",
    ),
    propertiesPeriod: count("process_discovery.properties_report_period"),
    kubernetes: {
      isActive: flag("process_discovery.kubernetes.active"),
      node: text("process_discovery.kubernetes.node_name"),
      namespaces: list("process_discovery.kubernetes.namespaces"),
      analyzers: analyzers?.map((node) => readAnalyzer(node, environment)) ?? makeDefaultAnalyzers(environment),
    },
    rules: rules.map((node) => readRule(node, environment)),
    excludedNamespaces: list("access_log.exclude_namespaces"),
    excludedClusters: list("access_log.exclude_cluster"),
    flushCount: count("access_log.flush.max_count"),
    flushMillis: readDuration(values.get("access_log.flush.period")!, "access_log.flush.period"),
    analyzers: threads,
    queues: {
      calls: count("access_log.protocol_analyze.queue_size"),
      ends: count("access_log.connection_analyze.queue_size"),
    },
    ringBytes: ringSize((perCpu * availableParallelism()) / threads),
    values,
    withoutEffect,
  };
}

/** The buffers of all processors, over the analyzers; at least 16 MiB, and a power of two, as rings are. */
export function ringSize(total: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(LEAST_RING, total)));
}

/** Go's durations: `5s`, `1m30s`, `500ms`. In milliseconds. */
export function parseGoDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g))
    sum += Number(number) * UNITS[unit!]!;
  return sum;
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

function readDuration({ text, place }: RoverValue, path: string): number {
  const millis = parseGoDuration(text);
  if (millis === undefined || millis <= 0)
    return refuse(place, `${path}: expected a duration such as 5s, found '${text}'`);
  return millis;
}

/** `200KB`, in units of 1024. */
function readSize({ text, place }: RoverValue, path: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([kmg]?)i?b?$/i.exec(text) ?? [];
  if (number === undefined) return refuse(place, `${path}: expected a size such as 200KB, found '${text}'`);
  const bytes = Number(number) * 1024 ** ("kmg".indexOf(unit?.toLowerCase() || "-") + 1);
  if (bytes < 4096) return refuse(place, `${path}: the buffer must be larger than a page: at least 4096 bytes`);
  return Math.floor(bytes);
}

function readCount({ text, place }: RoverValue, path: RoverPath): number {
  const { least = 0 } = ROVER_KEYS.find((key) => key.path === path)! as RoverKey;
  if (!/^\d{1,9}$/.test(text) || Number(text) < least)
    return refuse(place, `${path}: expected a whole number from ${least} on, found '${text}'`);
  return Number(text);
}

function readLevel({ text, place }: RoverValue): string {
  const level = LEVELS[text.toLowerCase()];
  return (
    level ?? refuse(place, `logger.level: there is no level '${text}'; there are ${Object.keys(LEVELS).join(", ")}`)
  );
}

const LEVELS: Readonly<Record<string, string>> = {
  trace: "debug",
  debug: "debug",
  info: "info",
  warn: "warn",
  warning: "warn",
  error: "error",
  fatal: "error",
  panic: "error",
};

function readAddress({ text, place }: RoverValue): string {
  if (/^(\[[^\]]+\]|[^:\s]+):\d{1,5}$/.test(text)) return text;
  return refuse(place, `core.backend.addr: expected HOST:PORT, found '${text}'`);
}

function refuse(place: Place | undefined, message: string): never {
  throw new TaplineError("configuration", message, place === undefined ? {} : { place });
}
