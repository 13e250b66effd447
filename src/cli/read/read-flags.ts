import { type Command, Option } from "commander";
import { OUTPUT_FORMATS, type OutputFormat, SORT_ORDERS, type SortOrder } from "../../sink/terminal/output-formats.ts";
import type { SummaryOrder } from "../../sink/terminal/summary/options.ts";
import { defineFilterLimitFlag } from "../flags/filter-limit-flag.ts";
import { collect, countFlag, parseCount } from "../flags/option-values.ts";
import { defineRedactFlags, type RedactFlags } from "../flags/redact-flags.ts";
import { defineSendFlags, type SendFlags } from "../flags/send-flags.ts";
import { limitNames } from "./read-limits.ts";

/** Flags of `tapline read`, as written. */
export interface ReadFlags extends SendFlags, RedactFlags {
  filter?: string;
  output: OutputFormat;
  sort?: SortOrder;
  /** Sums up instead of printing each. */
  summaryOf?: SummaryFlags;
  since?: string;
  until?: string;
  last?: string;
  trace?: string;
  tz?: string;
  columns?: string;
  header?: true;
  type?: "fields";
  field: string[];
  fieldOption: string[];
  verbose: number;
  events?: true;
  follow?: string;
  write?: string;
  /** The name of the format to write there; by default its extension says it. */
  writeFormat?: string;
  print?: true;
  explain?: true;
  keylog?: string;
  proto: string[];
  protoPath: string[];
  count?: number;
  failEmpty?: true;
  quiet?: true;
  redact: boolean;
  color: "auto" | "always" | "never";
  limit: string[];
  memory: number;
}

export interface SummaryFlags {
  /** Attributes or expressions, in a list with commas; absent: service and route. */
  readonly by?: string;
  /** Seconds: groups are of so much time each, in their order. */
  readonly interval?: number;
  readonly top: number;
  readonly sort: SummaryOrder | "key";
}

/** Those of a command line without any. */
export const DEFAULT_READ_FLAGS: ReadFlags = {
  output: "table",
  field: [],
  fieldOption: [],
  verbose: 0,
  proto: [],
  protoPath: [],
  redact: true,
  color: "auto",
  limit: [],
  memory: 80,
};

export function defineReadFlags(command: Command): void {
  command
    .argument("[files...]", "what to read, or folders of it; - is stdin")
    .option("-r, --read-file <file>", "the same as an argument (tcpdump's letter)", collect, []);
  defineViewFlags(command);
  defineSendFlags(command);
  command
    .option("-w, --write <file>", "write what matches, by the extension: packets, traces, HAR, NDJSON (docs/read.md)")
    .option("-P, --print", "with -w: print it too")
    .option("--keylog <file>", "TLS secrets (SSLKEYLOGFILE); it may grow")
    .addOption(
      new Option("--sort <order>", "the earliest first, or the longest, the largest, the worst").choices(SORT_ORDERS),
    )
    .option("--since <time>", "what began then or later: 12:00, '2026-01-31 12:00', an epoch, 10m (ago), …")
    .option("--until <time>", "what began before that")
    .option("--last <span>", "what began in the last 10m, 1h30m, … of what is read; or so many of the last")
    .option("--trace <id>", "all hops of one request, on one time line: by its trace or its x-request-id");
}

/**
 * Flags for showing exchanges, wherever they come from.
 * @param countFlags another form of `-c`, where that letter means something else
 */
export function defineViewFlags(command: Command, countFlags = "-c, --count <n>"): void {
  command
    .option("-Y, --filter <filter>", "show what matches: CEL or a short form such as 5xx, 'GET /users*', 'port 8080'")
    .addOption(new Option("-o, --output <format>", "what to print").choices(OUTPUT_FORMATS).default("table"))
    .option("--columns <names>", "what a line of table, csv or markdown has: time,server,path,status,route,…")
    .option("--header", "the columns' titles in pipes and files, too")
    .option("--tz <zone>", "the time zone of times: Europe/Berlin, UTC, +02:00 (default: the system's)")
    .option("-v, --verbose", "show headers; -vv: and bodies", countFlag, 0)
    .addOption(new Option("-T, --type <type>", "one line an exchange with what -e names").choices(["fields"]))
    .option("-e, --field <expression>", "with -T fields: an attribute or any other expression", collect, [])
    .option("-E, --field-option <name=value>", "header=y, separator=/t|/s|CHARACTER, quote=d|s|n", collect, [])
    .option("--events", "show socket events instead: what moved on connections, and when")
    .option("-z, --follow <connection>", "show one connection's bytes: ID, ID,hex, ID,raw, or follow,tcp,ascii,ID")
    .option("--explain", "say for each exchange why the filter did or did not match")
    .option("--proto <file>", "a .proto file or descriptor set: -vv shows gRPC messages by it", collect, [])
    .option("--proto-path <folder>", "where imports of .proto files are looked for", collect, [])
    .option(countFlags, "stop after so many", parseCount)
    .option("-n", "no names are ever looked up: this changes nothing (tcpdump's letter)")
    .option("-q, --quiet", "do not print the balance of what was read")
    .option("--fail-empty", "exit 3 when nothing matched")
    .addOption(new Option("--color <when>", "when to colour").choices(["auto", "always", "never"]).default("auto"))
    .option("--limit <name=value>", `a bound of the analysis; ${limitNames().length} names: docs/read.md`, collect, [])
    .option("--memory <MiB>", "how much may be buffered in all", parseCount, 80);
  defineFilterLimitFlag(command);
  defineRedactFlags(command);
}
