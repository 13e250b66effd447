import { type AttributeColumn, FLAG_UNTIMED } from "../record/columns.ts";
import { OF_ANY_RUN_SQL, TRACE_START_SQL } from "../segment/segment-schema.ts";

/** Where the databases that exchanges are kept in say the same otherwise. Texts are compared by their bytes in each; `?` is a parameter. */
export interface SqlDialect {
  /** The value of an attribute; NULL: it is missing. */
  readonly column: (column: AttributeColumn) => string;
  /** Nanoseconds since the epoch; NULL for what came without a time. */
  readonly time: string;
  /** How often a parameter occurs in the text is above 0. */
  readonly contains: (text: string) => string;
  /** A parameter of so many code points begins the text. */
  readonly startsWith: (text: string, length: number) => string;
  readonly endsWith: (text: string, length: number) => string;
  /** Cut off towards zero. */
  readonly divide: (value: string) => string;
  readonly remainder: (value: string) => string;
  /** One of so many parameters; missing where the value is. */
  readonly isOneOf: (value: string, count: number) => string;
  /** A condition that finds traces by an index, before their whole identifier (its own parameter is the same) is compared. */
  readonly traceBegins?: string;
}

export const SQLITE: SqlDialect = {
  column: ({ name, sql }) => sql ?? name,
  time: `(CASE WHEN flags & ${FLAG_UNTIMED} THEN NULL ELSE time * 1000 + nanos END)`,
  contains: (text) => `(instr(${text}, ?) > 0)`,
  startsWith: (text, length) => `(substr(${text}, 1, ${length}) = ?)`,
  endsWith: (text, length) => `(substr(${text}, -${length}) = ?)`,
  divide: (value) => `(${value} / ?)`,
  remainder: (value) => `(${value} % ?)`,
  isOneOf: (value, count) => `(${value} IN (${new Array(count).fill("?").join(", ")}))`,
  traceBegins: `${OF_ANY_RUN_SQL} AND ${TRACE_START_SQL} = substr(?, 1, 8)`,
};
