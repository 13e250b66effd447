import { type Place, TaplineError } from "../../../model/index.ts";
import { type DocumentNode, describeNode } from "../../../wire/config-document/index.ts";
import { suggestName } from "../../../wire/text/suggest-name.ts";
import { OTHER_MODULES, ROVER_KEYS, type RoverKey, type RoverPath } from "./rover-keys.ts";

/** The value of a key that is in force, and where it comes from. */
export interface RoverValue {
  readonly text: string;
  readonly from: "default" | "file" | "environment";
  readonly place?: Place;
}

export interface RoverValues {
  readonly values: ReadonlyMap<RoverPath, RoverValue>;
  /** Lists of mappings, which are read by whoever knows them. */
  readonly analyzers: readonly DocumentNode[] | undefined;
  readonly rules: readonly DocumentNode[];
  /** Modules that are there and do nothing here. */
  readonly withoutEffect: readonly string[];
}

const ANALYZERS = "process_discovery.kubernetes.analyzers";
const RULES = "process_discovery.rules";

/**
 * Reads the values of Rover's keys: `${ENV:default}` is the environment's value, or the default where that is not set or empty.
 * Keys are taken in any case.
 * @throws TaplineError (`configuration`) with line and column for keys that there are not
 */
export function readRoverValues(
  document: DocumentNode,
  environment: Readonly<Record<string, string | undefined>>,
): RoverValues {
  const values = new Map<RoverPath, RoverValue>();
  const lists = new Map<string, readonly DocumentNode[]>();
  const withoutEffect: string[] = [];
  walk(document, "");
  for (const key of ROVER_KEYS)
    if (!values.has(key.path)) {
      const text = environment[key.env] || key.default;
      values.set(key.path, { text, from: environment[key.env] ? "environment" : "default" });
    }
  return { values, analyzers: lists.get(ANALYZERS), rules: lists.get(RULES) ?? [], withoutEffect };

  function walk(node: DocumentNode, path: string): void {
    if (node.kind === "scalar" && node.value === null) return;
    if (node.kind !== "mapping")
      refuse(node.place, `${path || "the configuration"}: expected keys, found ${describeNode(node)}`);
    for (const { key, keyPlace, value } of node.entries) {
      const inner = path === "" ? key.toLowerCase() : `${path}.${key.toLowerCase()}`;
      const known = KEYS.get(inner);
      if (path === "" && OTHER_MODULES.includes(inner)) withoutEffect.push(inner);
      else if (known !== undefined) put(known, value);
      else if (inner === ANALYZERS || inner === RULES) {
        if (value.kind !== "sequence") refuse(value.place, `${inner}: expected a list, found ${describeNode(value)}`);
        lists.set(inner, value.items);
      } else if ([...KEYS.keys(), ANALYZERS, RULES].some((one) => one.startsWith(`${inner}.`))) walk(value, inner);
      else {
        const near = suggestName(inner, [...KEYS.keys(), RULES]);
        throw new TaplineError("configuration", `there is no key ${path === "" ? key : `${path}.${key}`}`, {
          place: keyPlace,
          hint: near === undefined ? "docs/rover.md lists the keys" : `did you mean ${near}?`,
        });
      }
    }
  }

  function put(key: RoverKey, node: DocumentNode): void {
    const expanded = expandValue(textOf(node), environment);
    // An empty value takes its default, as an empty variable does.
    const value: RoverValue =
      expanded.text === ""
        ? { text: key.default, from: "default", place: node.place }
        : { text: expanded.text, from: expanded.fromEnvironment ? "environment" : "file", place: node.place };
    values.set(key.path as RoverPath, value);
  }
}

/** Rover takes the whole value where `${NAME:default}` is anywhere in it; the default goes to the last brace. */
export function expandValue(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): { readonly text: string; readonly fromEnvironment: boolean } {
  const [, name, otherwise] = /\$\{([_A-Z0-9]+):(.*)\}/s.exec(text) ?? [];
  if (name === undefined) return { text, fromEnvironment: false };
  const value = environment[name];
  if (value) return { text: value, fromEnvironment: true };
  // Rover's own file writes `${NAME:"client.pem"}` and `${NAME:""}`.
  const [, quoted] = /^"([^"]*)"$/.exec(otherwise!) ?? [];
  return { text: quoted ?? otherwise!, fromEnvironment: false };
}

/** As Go's strconv.ParseBool, and as YAML 1.1, by which Rover reads its file, has it. */
export function readFlag({ text, place }: RoverValue, path: string): boolean {
  if (/^(true|1|t|yes|y|on)$/i.test(text)) return true;
  if (/^(false|0|f|no|n|off)$/i.test(text)) return false;
  return refuse(place, `${path}: expected true or false, found '${text}'`);
}

function textOf(node: DocumentNode): string {
  if (node.kind === "scalar") return node.value === null ? "" : String(node.value);
  if (node.kind === "sequence") return node.items.map(textOf).join(",");
  return refuse(node.place, `expected a value, found ${describeNode(node)}`);
}

function refuse(place: Place | undefined, message: string): never {
  throw new TaplineError("configuration", message, place === undefined ? {} : { place });
}

const KEYS: ReadonlyMap<string, RoverKey> = new Map(
  (ROVER_KEYS as readonly RoverKey[]).flatMap((key) =>
    [key.path, ...(key.aliases ?? [])].map((path) => [path.toLowerCase(), key] as const),
  ),
);
