import { readFileSync } from "node:fs";
import { describeReadError, TaplineError } from "../../model/index.ts";
import { escapeControl } from "../../wire/text/escape-control.ts";

/** Names for numbers. */
export interface NameTable {
  readonly endpoints: Map<number, string>;
  readonly identities: Map<number, string>;
  readonly interfaces: Map<number, string>;
  readonly ports: Map<number, string>;
}

const PARTS = ["endpoints", "identities", "interfaces", "ports"] as const;

/**
 * Reads a file of names: a JSON object with any of `endpoints`, `identities`, `interfaces` and `ports`, each an object from
 * numbers to names.
 * @throws TaplineError `configuration`
 */
export function readNamesFile(path: string): NameTable {
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const message = error instanceof SyntaxError ? `is not JSON: ${error.message}` : describeReadError(error);
    throw new TaplineError("configuration", message, {
      place: { file: path },
      hint: '{"identities": {"100": "client"}, "endpoints": {}, "interfaces": {}, "ports": {}}',
    });
  }
  const table: NameTable = { endpoints: new Map(), identities: new Map(), interfaces: new Map(), ports: new Map() };
  if (typeof document !== "object" || document === null || Array.isArray(document))
    throw wrong(path, "is not an object");
  for (const [part, names] of Object.entries(document)) {
    if (!PARTS.includes(part as (typeof PARTS)[number])) throw wrong(path, `unknown key '${part}'`);
    if (typeof names !== "object" || names === null) throw wrong(path, `'${part}' is not an object`);
    for (const [number, name] of Object.entries(names)) {
      if (!/^\d+$/.test(number) || typeof name !== "string")
        throw wrong(path, `'${part}' has '${number}': expected a number and its name`);
      table[part as (typeof PARTS)[number]].set(Number(number), escapeControl(name));
    }
  }
  return table;
}

/** The names of `more` over those of `table`. */
export function addNames(table: NameTable, more: NameTable): void {
  for (const part of PARTS) for (const [number, name] of more[part]) table[part].set(number, escapeControl(name));
}

function wrong(path: string, message: string): TaplineError {
  return new TaplineError("configuration", message, {
    place: { file: path },
    hint: `the keys are ${PARTS.join(", ")}`,
  });
}
