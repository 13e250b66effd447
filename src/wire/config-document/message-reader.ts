import { type Place, TaplineError } from "../../model/index.ts";
import { suggestName } from "../text/suggest-name.ts";
import { type DocumentNode, describeNode, isNull, type MappingEntry } from "./document.ts";
import { FollowingError, noteWithoutEffect, reportRefusal } from "./findings.ts";
import { readBool, readBytes, readDurationMillis, readEnum, readInteger, readNumber, readString } from "./scalars.ts";

/** The fields that a protobuf message in a configuration may have. Names are in snake_case; lowerCamelCase is accepted as well. */
export interface MessageShape<Field extends string> {
  /** Its name in messages to people: its protobuf name without the package. */
  readonly name: string;
  /** The fields that are read. */
  readonly fields: readonly Field[];
  /** Fields that name or annotate: nothing but statistics and messages depends on them. */
  readonly labels?: readonly string[];
  /** Known, and without any effect here. */
  readonly withoutEffect?: Readonly<Record<string, WithoutEffect>>;
  /** Known and refused (but for a value that is the default), with what to do about it, or "". */
  readonly unsupported?: Readonly<Record<string, string>>;
}

/** Why a field has no effect, and a value of it in protobuf's JSON form that a test sets to show so. */
export type WithoutEffect = readonly [reason: string, example: unknown];

/**
 * Reads a mapping as a protobuf message in its JSON form, strictly: what the shape does not know is refused where the reader
 * is made. A null value is an unset field. All methods throw TaplineError (`configuration`) with file, line and column.
 */
export class MessageReader<Field extends string> {
  readonly place: Place;
  readonly name: string;
  readonly #entries = new Map<string, MappingEntry>();
  /** A field of it was refused: what else is missing may have stood there. */
  #isRefused = false;

  constructor(node: DocumentNode, shape: MessageShape<Field>) {
    this.place = node.place;
    this.name = shape.name;
    if (node.kind !== "mapping")
      refuse(node.place, `expected the fields of ${article(shape.name)}, found ${describeNode(node)}`);
    const known = new Set<string>(shape.fields);
    for (const entry of node.entries) {
      const field = snakeCase(entry.key);
      if (!known.has(field)) this.#isRefused = !passes(entry, field, shape) || this.#isRefused;
      else if (this.#entries.has(field)) refuse(entry.keyPlace, `${field} is there twice`);
      else if (!isNull(entry.value)) this.#entries.set(field, entry);
    }
  }

  has(field: Field): boolean {
    return this.#entries.has(field);
  }

  /** Where the field's value stands, or the message where it is not set. */
  placeOf(field: Field): Place {
    return this.#entries.get(field)?.keyPlace ?? this.place;
  }

  node(field: Field): DocumentNode | undefined {
    return this.#entries.get(field)?.value;
  }

  requiredNode(field: Field): DocumentNode {
    return this.node(field) ?? this.#refuseMissing(`${this.name}: ${field} is missing`);
  }

  /** The items of a repeated field; empty when it is not set. What is no list is the only item, as protobuf's own reader has it. */
  list(field: Field): readonly DocumentNode[] {
    const node = this.node(field);
    if (node === undefined) return [];
    return node.kind === "sequence" ? node.items : [node];
  }

  string(field: Field): string | undefined {
    return this.#read(field, readString);
  }

  /** A string that must be there and not empty. */
  requiredString(field: Field): string {
    const value = readString(this.requiredNode(field), field);
    return value === "" ? refuse(this.placeOf(field), `${this.name}: ${field} must not be empty`) : value;
  }

  bool(field: Field): boolean {
    return this.#read(field, readBool) ?? false;
  }

  uint32(field: Field): number | undefined {
    return this.#read(field, (node, name) => Number(readInteger(node, name, 0n, 0xffffffffn)));
  }

  /** @param limits inclusive; default those of uint64 */
  integer(field: Field, limits: { least?: bigint; most?: bigint } = {}): bigint | undefined {
    return this.#read(field, (node, name) =>
      readInteger(node, name, limits.least ?? 0n, limits.most ?? 2n ** 64n - 1n),
    );
  }

  /** A number, with a fraction or without. @param limits inclusive */
  number(field: Field, limits: { least: number; most: number }): number | undefined {
    return this.#read(field, (node, name) => readNumber(node, name, limits.least, limits.most));
  }

  /** A list of texts, none of them empty; empty when it is not set. */
  strings(field: Field): string[] {
    return this.list(field).map((node) => {
      const text = readString(node, field);
      return text === "" ? refuse(node.place, `${field}: expected no empty text`) : text;
    });
  }

  /** A `google.protobuf.Duration` ("0.25s"), not negative, in milliseconds. */
  durationMillis(field: Field): number | undefined {
    return this.#read(field, readDurationMillis);
  }

  /** Base64. */
  bytes(field: Field): Uint8Array | undefined {
    return this.#read(field, readBytes);
  }

  /** @param names by number */
  enumeration<Name extends string>(field: Field, names: Readonly<Record<number, Name>>): Name | undefined {
    return this.#read(field, (node, name) => readEnum(node, name, names));
  }

  /** Which member of a oneof is set; at most one may be. */
  oneOf<Member extends Field>(...members: readonly Member[]): Member | undefined {
    const [first, second] = members.filter((member) => this.has(member));
    if (second !== undefined)
      refuse(this.placeOf(second), `${this.name}: ${first} and ${second} exclude each other: expected one of them`);
    return first;
  }

  requiredOneOf<Member extends Field>(...members: readonly Member[]): Member {
    return this.oneOf(...members) ?? this.#refuseMissing(`${this.name}: expected one of ${members.join(", ")}`);
  }

  #refuseMissing(message: string): never {
    if (this.#isRefused) throw new FollowingError(this.place);
    return refuse(this.place, message);
  }

  #read<Value>(field: Field, read: (node: DocumentNode, field: string) => Value): Value | undefined {
    const node = this.node(field);
    return node === undefined ? undefined : read(node, field);
  }
}

/** Throws the TaplineError of a wrong configuration. */
export function refuse(place: Place, message: string, hint?: string): never {
  throw new TaplineError("configuration", message, hint === undefined ? { place } : { place, hint });
}

/** `connectTimeout` → `connect_timeout`; names that are in snake_case stay as they are. */
export function snakeCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Whether a field that is not read may stand there; where it may not, that is reported. */
function passes(entry: MappingEntry, field: string, shape: MessageShape<string>): boolean {
  if (shape.labels?.includes(field)) return true;
  if (shape.withoutEffect?.[field] !== undefined) {
    if (!isDefault(entry.value)) noteWithoutEffect(shape.name, field);
    return true;
  }
  const advice = shape.unsupported?.[field];
  if (advice !== undefined) {
    if (isDefault(entry.value)) return true;
    reportRefusal(entry.keyPlace, `${shape.name}: ${field} is not supported`, advice === "" ? undefined : advice);
    return false;
  }
  const known = [...shape.fields, ...(shape.labels ?? []), ...Object.keys(shape.withoutEffect ?? {})];
  const meant = suggestName(entry.key, [...known, ...Object.keys(shape.unsupported ?? {})]);
  const hint =
    meant !== undefined
      ? `did you mean ${meant}?`
      : shape.fields.length === 0
        ? "it has no fields"
        : `known are ${shape.fields.join(", ")}`;
  reportRefusal(entry.keyPlace, `${shape.name}: unknown field ${JSON.stringify(entry.key)}`, hint);
  return false;
}

/** Has the same meaning as an unset field. An empty message is not: that it is there may say something. */
export function isDefault(node: DocumentNode): boolean {
  if (node.kind === "mapping") return false;
  if (node.kind === "sequence") return node.items.length === 0;
  return node.value === null || node.value === false || node.value === "" || node.value === 0n || node.value === 0;
}

function article(name: string): string {
  return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}
