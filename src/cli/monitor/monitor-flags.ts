import { TaplineError, type Timestamp } from "../../model/index.ts";
import {
  DEBUG,
  DEFAULT_DIALECT,
  type Dialect,
  type DialectChoice,
  type EventFilter,
  getAllTypes,
  INFO,
  JSON_OUTPUT,
  MessageTypeNameRecCapture,
  MessageTypeNames,
  MessageTypeNameTraceSock,
  VERBOSE,
  type Verbosity,
} from "../../wire/cilium/index.ts";
import { suggestName } from "../../wire/text/suggest-name.ts";
import type { RedactFlags } from "../flags/redact-flags.ts";
import type { CountOrSpan } from "../flags/time-values.ts";
import { type CompatExit, wrongUsage } from "./compat-usage.ts";
import { type AskedType, splitType, subtypeFilterOf } from "./event-types.ts";
import { type FlowFlags, flowFilterOf } from "./flow-flags.ts";

export interface MonitorFlags extends FlowFlags, RedactFlags {
  readonly monitorSocket: readonly string[];
  readonly input: readonly string[];
  readonly record?: string;
  readonly type: readonly string[];
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly relatedTo: readonly string[];
  readonly displayFilter?: string;
  readonly first?: number;
  readonly last?: CountOrSpan;
  readonly since?: Timestamp;
  readonly until?: Timestamp;
  readonly verbose: number;
  readonly hex?: boolean;
  readonly json?: boolean;
  readonly output?: "compact" | "dict" | "table" | "json" | "jsonpb" | "ndjson" | "pcapng";
  readonly summary?: boolean;
  readonly send?: string;
  readonly spool?: string;
  readonly spoolBytes?: number;
  readonly numeric?: boolean;
  readonly names?: string;
  readonly agentApi?: string | true;
  readonly timestamps?: boolean;
  /** Under --compat never `auto`. */
  readonly dialect: DialectChoice;
  readonly compat?: boolean;
  readonly freshDissector?: boolean;
  readonly lostInterval: number;
  readonly retry: number;
  readonly maxMessage: number;
  readonly quiet?: boolean;
  readonly checkAlignment?: string;
}

/** @throws TaplineError `usage` where --compat stands beside what Cilium's command cannot do. */
export function refuseWithCompat(flags: MonitorFlags): void {
  if (flags.compat !== true) return;
  const windows = { "--first": flags.first, "--last": flags.last, "--since": flags.since, "--until": flags.until };
  const given = Object.entries(windows).find(([, value]) => value !== undefined)?.[0];
  if (given === undefined && flowFilterOf(flags) === undefined) return;
  throw new TaplineError(
    "usage",
    `--compat prints what cilium monitor prints, which has no ${given ?? "flags for flows"}`,
    {
      hint: "leave --compat out",
    },
  );
}

/** Whose command --compat is. */
export function compatDialectOf({ dialect }: MonitorFlags): Dialect {
  return dialect === "auto" ? DEFAULT_DIALECT : dialect;
}

/** -j wins; one -v is DEBUG, two are VERBOSE, and three are INFO again for Cilium. */
export function verbosityOf({ json, verbose, compat }: MonitorFlags): Verbosity {
  if (json === true) return JSON_OUTPUT;
  if (verbose === 1) return DEBUG;
  return verbose === 2 || (verbose > 2 && compat !== true) ? VERBOSE : INFO;
}

/** @throws TaplineError `usage`, or under --compat what Cilium's command ends with. */
export function eventFilterOf(flags: MonitorFlags): EventFilter {
  return {
    eventTypes: askedTypes(flags).map(({ type }) => parseType(type, flags)),
    fromSource: listOf(flags.from, flags).map((text) => parseEndpoint(text, "--from", flags)),
    toDst: listOf(flags.to, flags).map((text) => parseEndpoint(text, "--to", flags)),
    related: listOf(flags.relatedTo, flags).map((text) => parseEndpoint(text, "--related-to", flags)),
  };
}

/** The filter (CEL) that -Y and the flags for flows stand for together. @throws TaplineError `usage` */
export function filterTextOf(flags: MonitorFlags): string | undefined {
  const { displayFilter } = flags;
  const parts = [subtypeFilterOf(flags.compat === true ? [] : askedTypes(flags)), flowFilterOf(flags)];
  const made = parts.filter((part) => part !== undefined);
  if (made.length === 0) return displayFilter;
  // The line end closes a comment.
  return [...(displayFilter === undefined ? [] : [`(${displayFilter}\n)`]), ...made].join(" && ");
}

/** Under --compat a colon is part of the name. */
function askedTypes(flags: MonitorFlags): readonly AskedType[] {
  return listOf(flags.type, flags).map((text) =>
    flags.compat === true ? { type: text, subtype: undefined } : splitType(text),
  );
}

/** Cilium's flags take one value each. */
function listOf(values: readonly string[], { compat }: MonitorFlags): readonly string[] {
  return compat === true ? values : values.flatMap((value) => value.split(","));
}

function parseType(name: string, flags: MonitorFlags): number {
  const { compat } = flags;
  const dialect = compatDialectOf(flags);
  const known =
    compat === true
      ? getAllTypes(dialect)
      : [...getAllTypes("v1.9"), MessageTypeNameRecCapture, MessageTypeNameTraceSock];
  if (known.includes(name)) return MessageTypeNames[name]!;
  if (compat === true) {
    const types = known.map((type) => `${type}:${MessageTypeNames[type]}`).join(" ");
    throw invalidArgument(
      name,
      "-t, --type",
      `Unknown type (${name}). Please use one of the following ones map[${types}]`,
      dialect,
    );
  }
  const near = suggestName(name, known);
  throw new TaplineError("usage", `-t ${name}: there is no such type of event`, {
    hint: near === undefined ? `expected one of ${known.join(", ")}` : `did you mean ${near}?`,
  });
}

function parseEndpoint(text: string, flag: string, flags: MonitorFlags): number {
  const { compat } = flags;
  const dialect = compatDialectOf(flags);
  if (compat !== true) {
    if (/^\d{1,5}$/.test(text) && Number(text) <= 0xffff) return Number(text);
    throw new TaplineError("usage", `${flag} ${text}: expected the id of an endpoint, 0 to 65535`);
  }
  if (dialect !== "v1.9") {
    if (/^\d+$/.test(text) && Number(text) <= 0xffff) return Number(text);
    const reason = /^\d+$/.test(text) ? "value out of range" : "invalid syntax";
    throw invalidArgument(text, flag, `strconv.ParseUint: parsing ${JSON.stringify(text)}: ${reason}`, dialect);
  }
  // Any number goes, and its low 16 bits count.
  if (/^[+-]?\d+$/.test(text)) {
    const value = BigInt(text);
    if (value >= -(2n ** 63n) && value < 2n ** 63n) return Number(BigInt.asUintN(16, value));
    throw invalidArgument(text, flag, `strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`, dialect);
  }
  throw invalidArgument(text, flag, `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`, dialect);
}

function invalidArgument(value: string, flag: string, reason: string, dialect: Dialect): CompatExit {
  return wrongUsage(`invalid argument "${value}" for "${flag}" flag: ${reason}`, dialect);
}
