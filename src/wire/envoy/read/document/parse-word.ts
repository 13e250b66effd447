import { isTimestamp, parseInteger } from "../../scalar-values.ts";
import type { FieldSchema } from "./schema.ts";

/** The value of a number, a truth or a name of a list; undefined where the word is none that the field can have. */
export function parseWord(field: FieldSchema, word: string): bigint | undefined {
  switch (field.type) {
    case "bool":
      return /^(true|True|t|1)$/.test(word) ? 1n : /^(false|False|f|0)$/.test(word) ? 0n : undefined;
    case "enum": {
      const index = field.values!.indexOf(word);
      return index >= 0 ? BigInt(index) : parseInteger(word);
    }
    case "uint32":
    case "uint64": {
      const value = parseInteger(word);
      return value === undefined || value < 0n || value >= 1n << 64n ? undefined : value;
    }
    case "seconds":
    case "nanos": {
      const value = parseInteger(word);
      const [seconds, nanos] = field.type === "seconds" ? [Number(value), 0] : [0, Number(value)];
      return isTimestamp(seconds, nanos) ? value : undefined;
    }
    default:
      return undefined;
  }
}
