import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makeTable } from "./tables.ts";

/** A part of the JSON Schema, as `npm run schema` writes it. */
interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}

/** Every field of NDJSON and JSON documents, of each kind, by its path: `connection.tls.sni`, `messages[].text`. */
export function makeDocumentTable(): string {
  const schema = JSON.parse(
    readFileSync(join(import.meta.dirname, "../../schema/document.schema.json"), "utf8"),
  ) as Schema;
  const rows = new Map<string, { readonly type: string; readonly kinds: string[] }>();
  for (const { $ref } of schema.oneOf!) {
    const kind = nameOf($ref!);
    walk(schema, { $ref: $ref! }, "", (path, type) => {
      const row = rows.get(`${path} ${type}`) ?? { type, kinds: [] };
      rows.set(`${path} ${type}`, row);
      if (!row.kinds.includes(kind)) row.kinds.push(kind);
    });
  }
  return makeTable(
    ["field", "type", "of"],
    [...rows].map(([key, { type, kinds }]) => [
      `\`${key.slice(0, key.indexOf(" "))}\``,
      type,
      kinds.length === schema.oneOf!.length ? "all" : kinds.join(", "),
    ]),
  );
}

/** @param inside the definitions that this one stands in: one that stands in itself is told once */
function walk(
  root: Schema,
  part: Schema,
  path: string,
  found: (path: string, type: string) => void,
  inside: readonly string[] = [],
): void {
  const { $ref } = part;
  if ($ref !== undefined && inside.includes($ref)) return;
  const schema = $ref === undefined ? part : follow(root, $ref);
  const within = $ref === undefined ? inside : [...inside, $ref];
  const type = typeOf(schema);
  if (path !== "" && type !== undefined) found(path, type);
  for (const one of [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])]) walk(root, one, path, found, within);
  if (schema.items !== undefined) walk(root, schema.items, `${path}[]`, found, within);
  for (const [name, inner] of Object.entries(schema.properties ?? {}))
    walk(root, inner, path === "" ? name : `${path}.${name}`, found, within);
}

/** Undefined for what only holds fields. */
function typeOf({ type, const: one, enum: some, properties, items }: Schema): string | undefined {
  if (one !== undefined) return `\`${JSON.stringify(one)}\``;
  if (some !== undefined) return some.map((value) => `\`${value}\``).join(", ");
  if (properties !== undefined || items !== undefined || type === "array") return undefined;
  return typeof type === "object" ? type.join(" or ") : type;
}

/** A reference within the schema: `#/$defs/http` */
function follow(root: Schema, reference: string): Schema {
  let at: unknown = root;
  for (const name of reference.split("/").slice(1)) at = (at as Readonly<Record<string, unknown>>)[name];
  return at as Schema;
}

function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1);
}
