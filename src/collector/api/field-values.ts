import { type Field, formatField, formatLiteral } from "../../analysis/filter/index.ts";
import type { Exchange } from "../../model/index.ts";

/** The value that a field has of an exchange. */
export interface FieldValue {
  readonly text: string;
  /** The filter of those that have the same; absent where a filter cannot say it, or it would be too long. */
  readonly condition?: string;
}

/** Characters of a text; more are cut off. */
const MAX_TEXT = 512;

/** In the order of the fields; null where it has no such value. */
export function fieldValues(exchange: Exchange, fields: readonly Field[]): (FieldValue | null)[] {
  return fields.map((field) => {
    const value = field.evaluate("exchange", exchange);
    if (value === undefined || value === null) return null;
    const text = formatField(value, field.type);
    if (text.length > MAX_TEXT) return { text: `${text.slice(0, MAX_TEXT)}…` };
    if (!COMPARED.has(field.type)) return { text };
    const asked = NAME.test(field.text) ? field.text : `(${field.text})`;
    return { text, condition: `${asked} == ${formatLiteral(value, field.type)}` };
  });
}

/** Types of which a filter can write each value. */
const COMPARED: ReadonlySet<unknown> = new Set(["string", "int", "bool"]);
/** An attribute, or one entry of it. */
const NAME = /^[\w.]+(?:\[(?:'[^'\\]*'|"[^"\\]*")\])?$/;
