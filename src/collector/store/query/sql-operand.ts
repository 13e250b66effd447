import { parseDuration } from "../../../analysis/filter/duration-literal.ts";
import { findAttribute } from "../../../analysis/filter/index.ts";
import type { Node } from "../../../analysis/filter/syntax/node.ts";
import { columnOf } from "../record/columns.ts";
import type { SqlParameter } from "./sql-condition.ts";
import type { SqlDialect } from "./sql-dialect.ts";

/** A value in SQL: of an attribute, or a constant. */
export interface SqlOperand {
  readonly sql: string;
  readonly parameters: readonly SqlParameter[];
  readonly type: "int" | "string" | "duration" | "timestamp" | "bool" | "list" | "address";
  readonly constant?: SqlParameter;
  /** An attribute that is divided by a constant. */
  readonly quotient?: { readonly sql: string; readonly divisor: bigint };
}

/** Undefined where SQL cannot say it, or would not say the same. */
export function operandOf(node: Node, dialect: SqlDialect): SqlOperand | undefined {
  return constantOf(node) ?? attributeOf(node, dialect) ?? quotientOf(node, dialect);
}

/** The attribute that a name stands for, where it has a column. */
export function attributeOf(node: Node, dialect: SqlDialect): SqlOperand | undefined {
  const name = dottedName(node);
  const column = name === undefined ? undefined : columnOf(name);
  if (name === "time") return { sql: dialect.time, parameters: [], type: "timestamp" };
  if (column === undefined) return undefined;
  const { type, withPort } = findAttribute(column.attribute)!;
  const known = withPort === undefined ? (typeof type === "object" ? "list" : type) : "address";
  if (!TYPES.has(known)) return undefined;
  return { sql: dialect.column(column), parameters: [], type: known as SqlOperand["type"] };
}

const TYPES: ReadonlySet<string> = new Set(["int", "string", "duration", "timestamp", "bool", "list", "address"]);

function dottedName(node: Node): string | undefined {
  if (node.kind === "name") return node.name;
  if (node.kind !== "select" || node.optional) return undefined;
  const group = dottedName(node.operand);
  return group === undefined ? undefined : `${group}.${node.field}`;
}

function constantOf(node: Node): SqlOperand | undefined {
  if (node.kind === "literal") {
    const { type, value } = node;
    if (type === "string") return isPlain(value as string) ? constant("string", value as string) : undefined;
    return type === "int" ? constant("int", value as bigint) : undefined;
  }
  if (node.kind !== "call" || node.target !== undefined || node.args.length !== 1) return undefined;
  const [argument] = node.args;
  if (argument?.kind !== "literal" || typeof argument.value !== "string") return undefined;
  if (node.name === "duration") {
    const nanos = parseDuration(argument.value);
    return nanos === undefined ? undefined : constant("duration", BigInt(nanos));
  }
  return node.name === "timestamp" ? instantOf(argument.value) : undefined;
}

/** RFC 3339, with nanoseconds. */
function instantOf(text: string): SqlOperand | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return undefined;
  const millis = Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(millis)) return undefined;
  const nanos = BigInt(millis) * 1_000_000n + BigInt((match[2] ?? "").padEnd(9, "0"));
  return nanos < -(2n ** 62n) || nanos > 2n ** 62n ? undefined : constant("timestamp", nanos);
}

/** `response.code / 100`: both cut off towards zero, and neither divides by zero. */
function quotientOf(node: Node, dialect: SqlDialect): SqlOperand | undefined {
  if (node.kind !== "binary" || (node.operator !== "/" && node.operator !== "%")) return undefined;
  const left = attributeOf(node.left, dialect);
  const right = constantOf(node.right);
  if (left?.type !== "int" || right?.type !== "int" || right.constant === 0n) return undefined;
  const quotient = node.operator === "/" ? { sql: left.sql, divisor: right.constant as bigint } : undefined;
  return {
    sql: node.operator === "/" ? dialect.divide(left.sql) : dialect.remainder(left.sql),
    parameters: right.parameters,
    type: "int",
    ...(quotient && { quotient }),
  };
}

function constant(type: SqlOperand["type"], value: string | bigint): SqlOperand {
  return { sql: "?", parameters: [value], type, constant: value };
}

/** Functions of SQLite end a text at NUL. */
function isPlain(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}
