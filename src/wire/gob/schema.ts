/**
 * The type that a value is decoded into: the receiver's type, as Go would have it. Fields are matched by name; what the sender
 * has beyond them is skipped by its own type, what it lacks keeps its zero value.
 *
 * JavaScript shapes: int and uint are numbers (bigints only above 2^53), strings are strings of one character a byte (Go's
 * strings are bytes), []byte is a Uint8Array that is a copy, slices are arrays, maps are Maps, a struct is an object and a nil
 * pointer is null.
 */
export type Schema =
  | { readonly kind: "bool"; readonly goType: string }
  | { readonly kind: "int" | "uint"; readonly bits: 8 | 16 | 32 | 64; readonly goType: string }
  | { readonly kind: "string"; readonly goType: string }
  | { readonly kind: "bytes"; readonly goType: string }
  | { readonly kind: "slice"; readonly goType: string; readonly element: Schema }
  | { readonly kind: "map"; readonly goType: string; readonly key: Schema; readonly element: Schema }
  | { readonly kind: "pointer"; readonly goType: string; readonly element: Schema }
  | OpaqueSchema
  | StructSchema;

/** A type that encodes itself (encoding.BinaryMarshaler): `parse` gives its value, or the text of its error. */
export interface OpaqueSchema {
  readonly kind: "opaque";
  readonly goType: string;
  readonly zero: () => unknown;
  readonly parse: (bytes: Uint8Array) => { readonly value: unknown } | { readonly error: string };
}

export interface StructSchema {
  readonly kind: "struct";
  /** The name with its package (`accesslog.EndpointInfo`). */
  readonly goType: string;
  /** By the field's Go name; `key` is its name in the object. */
  readonly fields: Readonly<Record<string, { readonly key: string; readonly schema: Schema }>>;
}

/** The zero value of a type. */
export function zeroOf(schema: Schema): unknown {
  switch (schema.kind) {
    case "bool":
      return false;
    case "int":
    case "uint":
      return 0;
    case "string":
      return "";
    case "struct":
      return createStruct(schema);
    case "opaque":
      return schema.zero();
    default:
      return null;
  }
}

/** A struct with every field at its zero value, always with the same shape. */
export function createStruct(schema: StructSchema): Record<string, unknown> {
  let template = TEMPLATES.get(schema);
  if (template === undefined) {
    template = makeTemplate(schema);
    TEMPLATES.set(schema, template);
  }
  const object = { ...template.zeros };
  for (const { key, schema: nested } of template.nested) object[key] = zeroOf(nested);
  return object;
}

interface Template {
  readonly zeros: Readonly<Record<string, unknown>>;
  /** The fields whose zero value is an object of its own. */
  readonly nested: readonly { readonly key: string; readonly schema: Schema }[];
}

const TEMPLATES = new WeakMap<StructSchema, Template>();

function makeTemplate(schema: StructSchema): Template {
  const zeros: Record<string, unknown> = {};
  const fields = Object.values(schema.fields);
  for (const field of fields) zeros[field.key] = field.schema.kind === "struct" ? null : zeroOf(field.schema);
  return { zeros, nested: fields.filter((field) => field.schema.kind === "struct") };
}
