import { readFileSync } from "node:fs";
import {
  DEBUG,
  type Dialect,
  INFO,
  JSON_OUTPUT,
  MonitorFormatter,
  type MonitorFormatterOptions,
  VERBOSE,
} from "../../src/wire/cilium/index.ts";
import { sharedData } from "./needs.ts";

/** The golden outputs of the real Go code (../shared/fixtures/cilium). */
export const CILIUM = sharedData("fixtures/cilium");

/** The rows of one of its files. */
export function readVectors<Row>(name: string): Row[] {
  return readFileSync(`${CILIUM.path}/${name}`, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
}

export interface MessageVector {
  readonly id: string;
  readonly cpu: number;
  readonly hex: string;
  readonly out: Readonly<Record<string, string>>;
  readonly panic?: Readonly<Record<string, string>>;
  readonly nondeterministic?: boolean;
}

/** The vectors of a version, without the meta line and without what Go prints in an order that changes. */
export function readMessages(file: string): MessageVector[] {
  return readVectors<MessageVector>(file)
    .filter(({ id, nondeterministic }) => id !== "_meta" && !nondeterministic)
    .map(nameFragmentReasons);
}

/** The vectors of v1.9 are of the commit that it branched at; v1.9.1 and later name the reasons 9 and 10. */
function nameFragmentReasons(vector: MessageVector): MessageVector {
  if (!/^(drop9-reason|dbg-15|dbg-ctverdict)-/.test(vector.id)) return vector;
  const reason = /( drop \(| reason |"reason":"|CT verdict: )(9|10)(?=[),"])/g;
  const named = (_: string, before: string, number: string) =>
    `${before}${number === "9" ? "Fragmented packet" : "Fragmented packet entry update failed"}`;
  const out = Object.entries(vector.out).map(([mode, text]) => [mode, text.replace(reason, named)]);
  return { ...vector, out: Object.fromEntries(out) };
}

export const MODES: Readonly<Record<string, MonitorFormatterOptions>> = {
  info: { verbosity: INFO },
  debug: { verbosity: DEBUG },
  verbose: { verbosity: VERBOSE },
  hex: { verbosity: VERBOSE, hex: true },
  json: { verbosity: JSON_OUTPUT },
  "info-numeric": { verbosity: INFO, numeric: true },
  "verbose-numeric": { verbosity: VERBOSE, numeric: true },
};

/** An absent one equals the mode that it is a variant of. */
export function expectedOf(vector: MessageVector, mode: string): string {
  return vector.out[mode] ?? vector.out[mode === "debug" || mode === "info-numeric" ? "info" : "verbose"]!;
}

/** The interfaces that the v1.9 vectors were made with; those of v1.19 had none. */
export const LINKS: Readonly<Record<number, string>> = { 1: "lo", 2: "ifb0", 3: "ifb1", 4: "eth0" };

export function createFormatter(dialect: Dialect, compat: boolean, options: MonitorFormatterOptions): MonitorFormatter {
  const names = dialect === "v1.9" ? { link: (index: number) => LINKS[index] } : {};
  return new MonitorFormatter({ ...options, dialect, compat, names });
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
