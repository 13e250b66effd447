/** A type as gob describes it: one of its own, or one that the stream defines. */
export type GobType =
  | "bool"
  | "int"
  | "uint"
  | "bytes"
  | "string"
  | { readonly slice: GobType }
  | { readonly map: readonly [key: GobType, element: GobType] }
  | { readonly struct: string; readonly fields: Readonly<Record<string, GobType>> }
  /** A type with a MarshalBinary; its values are bytes. */
  | { readonly binary: string };

/** Values by Go's field names. A field that is undefined or zero is left out, as gob does; `{}` is a struct that is there. */
export type GobValue = boolean | number | bigint | string | Uint8Array | readonly GobValue[] | GobStruct;
export interface GobStruct {
  readonly [name: string]: GobValue | undefined;
}

/** A gob stream of one struct: the definitions of its types, then the value. */
export function writeGobStream(type: GobType, value: GobStruct): Uint8Array {
  const ids = new Map<GobType, number>();
  const definitions: number[][] = [];
  const id = define(type, ids, definitions);
  return Uint8Array.from([...definitions.flatMap(sized), ...sized([...int(id), ...encode(type, value)])]);
}

const OWN_IDS = { bool: 1, int: 2, uint: 3, bytes: 5, string: 6 } as const;
const FIRST_ID = 65;

function define(type: GobType, ids: Map<GobType, number>, definitions: number[][]): number {
  if (typeof type === "string") return OWN_IDS[type];
  const known = ids.get(type);
  if (known !== undefined) return known;
  const id = FIRST_ID + ids.size;
  ids.set(type, id);
  const at = definitions.push([]) - 1;
  const idOf = (inner: GobType) => define(inner, ids, definitions);
  const common = (name: string) => [1, 1, ...text(name), 1, ...int(id), 0];
  const unnamed = [1, 2, ...int(id), 0];
  let body: number[];
  if ("slice" in type) body = [2, ...unnamed, 1, ...int(idOf(type.slice)), 0];
  else if ("map" in type) body = [4, ...unnamed, 1, ...int(idOf(type.map[0])), 1, ...int(idOf(type.map[1])), 0];
  else if ("binary" in type) body = [6, ...common(type.binary), 0];
  else {
    const fields = Object.entries(type.fields).map(([name, inner]) => [1, ...text(name), 1, ...int(idOf(inner)), 0]);
    body = [3, ...common(type.struct), 1, ...uint(fields.length), ...fields.flat(), 0];
  }
  definitions[at] = [...int(-id), ...body, 0];
  return id;
}

function encode(type: GobType, value: GobValue): number[] {
  if (typeof value === "boolean") return [value ? 1 : 0];
  if (typeof value === "string") return text(value);
  if (value instanceof Uint8Array) return [...uint(value.length), ...value];
  if (typeof value === "number" || typeof value === "bigint") return type === "int" ? int(value) : uint(value);
  if (typeof type === "string" || "binary" in type) throw new Error(`no ${JSON.stringify(type)}: ${value}`);
  if (Array.isArray(value) && "slice" in type)
    return [...uint(value.length), ...value.flatMap((item: GobValue) => encode(type.slice, item))];
  const members = Object.entries(value as GobStruct).filter(([, item]) => item !== undefined) as [string, GobValue][];
  if ("map" in type)
    return [...uint(members.length), ...members.flatMap(([key, item]) => [...text(key), ...encode(type.map[1], item)])];
  if (!("struct" in type)) throw new Error(`no ${JSON.stringify(type)}: ${value}`);
  const out: number[] = [];
  let last = -1;
  for (const [number, [name, inner]] of Object.entries(type.fields).entries()) {
    const item = (value as GobStruct)[name];
    if (item === undefined || isZero(item)) continue;
    out.push(...uint(number - last), ...encode(inner, item));
    last = number;
  }
  return [...out, 0];
}

function isZero(value: GobValue): boolean {
  return (
    value === false ||
    value === "" ||
    value === 0 ||
    value === 0n ||
    (Array.isArray(value) && value.length === 0) ||
    (value instanceof Uint8Array && value.length === 0)
  );
}

function sized(body: number[]): number[] {
  return [...uint(body.length), ...body];
}

function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [...uint(bytes.length), ...bytes];
}

function int(value: number | bigint): number[] {
  const wide = BigInt(value);
  return uint(wide < 0n ? (~wide << 1n) | 1n : wide << 1n);
}

function uint(value: number | bigint): number[] {
  if (value < 128) return [Number(value)];
  const bytes: number[] = [];
  for (let rest = BigInt(value); rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 0xffn));
  return [256 - bytes.length, ...bytes];
}
