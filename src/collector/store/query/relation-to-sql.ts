import type { BinaryNode, CallNode, Node } from "../../../analysis/filter/syntax/node.ts";
import { readIpAddress } from "../../../wire/packet/ip-address.ts";
import { LIST_MARK } from "../record/columns.ts";
import type { SqlCondition, SqlParameter } from "./sql-condition.ts";
import type { SqlDialect } from "./sql-dialect.ts";
import { attributeOf, operandOf, type SqlOperand } from "./sql-operand.ts";

/** `left operator right`; undefined where SQL cannot say it. Texts are compared by their bytes, which is by code points. */
export function relationToSql({ operator, left, right }: BinaryNode, dialect: SqlDialect): SqlCondition | undefined {
  if (operator === "in") return membershipToSql(left, right, dialect);
  const comparison = COMPARISONS[operator];
  const [a, b] = [operandOf(left, dialect), operandOf(right, dialect)];
  if (comparison === undefined || a === undefined || b === undefined) return undefined;
  if (a.type === "address" || b.type === "address") return addressToSql(operator, [a, b], dialect);
  if (a.type !== b.type || a.type === "list" || a.type === "bool") return undefined;
  const relation = exact(`(${a.sql} ${comparison} ${b.sql})`, [...a.parameters, ...b.parameters]);
  return operator === "==" ? (byRange(a, b) ?? byTrace(a, b, relation, dialect) ?? relation) : relation;
}

/** `status / 100 == 5` is a range, for which there is an index. */
function byRange({ quotient }: SqlOperand, { constant }: SqlOperand): SqlCondition | undefined {
  if (quotient === undefined || typeof constant !== "bigint" || constant <= 0n || quotient.divisor <= 0n)
    return undefined;
  const first = constant * quotient.divisor;
  const last = first + quotient.divisor - 1n;
  return last > MAX_INTEGER ? undefined : exact(`(${quotient.sql} BETWEEN ? AND ?)`, [first, last]);
}

const MAX_INTEGER = 2n ** 63n - 1n;

/** Traces are indexed by how they begin. */
function byTrace(
  a: SqlOperand,
  { constant }: SqlOperand,
  relation: SqlCondition,
  { traceBegins }: SqlDialect,
): SqlCondition | undefined {
  if (a.sql !== "trace" || typeof constant !== "string" || traceBegins === undefined) return undefined;
  return exact(`(${traceBegins} AND ${relation.sql})`, [constant, ...relation.parameters]);
}

const COMPARISONS: Readonly<Record<string, string>> = {
  "==": "=",
  "!=": "<>",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};

/** `attribute.contains('x')` and its like. */
export function textTestToSql({ name, target, args }: CallNode, dialect: SqlDialect): SqlCondition | undefined {
  const attribute = target && attributeOf(target, dialect);
  const argument = args.length === 1 ? operandOf(args[0]!, dialect) : undefined;
  const { constant } = argument ?? {};
  if (attribute?.type !== "string" || typeof constant !== "string") return undefined;
  const { sql } = attribute;
  const length = [...constant].length;
  if (name === "contains") return exact(dialect.contains(sql), [constant]);
  if (name === "startsWith") return exact(dialect.startsWith(sql, length), [constant]);
  if (name !== "endsWith") return undefined;
  if (length === 0) return exact(`(${sql} IS NOT NULL OR NULL)`, []);
  return exact(dialect.endsWith(sql, length), [constant]);
}

/** One of several constants, or an item of a list. */
function membershipToSql(left: Node, right: Node, dialect: SqlDialect): SqlCondition | undefined {
  const value = operandOf(left, dialect);
  if (value === undefined) return undefined;
  if (right.kind !== "list") {
    const list = attributeOf(right, dialect);
    if (list?.type !== "list" || typeof value.constant !== "string" || value.constant.includes(LIST_MARK))
      return undefined;
    return exact(dialect.contains(list.sql), [`${LIST_MARK}${value.constant}${LIST_MARK}`]);
  }
  const items = right.elements.map((element) => (element.optional ? undefined : operandOf(element.value, dialect)));
  const constants = items.map((item) => (item?.type === value.type ? item.constant : undefined));
  if (value.type === "list" || value.type === "address" || !constants.every((one) => one !== undefined))
    return undefined;
  // In SQL nothing is in an empty list, not even what is missing.
  if (constants.length === 0) return undefined;
  return exact(dialect.isOneOf(value.sql, constants.length), [...value.parameters, ...constants]);
}

/** Addresses are compared as bits: IPv4 has one spelling where it has no colon, what has one is looked at by the filter. */
function addressToSql(
  operator: string,
  [a, b]: readonly [SqlOperand, SqlOperand],
  dialect: SqlDialect,
): SqlCondition | undefined {
  const [address, other] = a.type === "address" ? [a, b] : [b, a];
  const { constant } = other;
  if (operator !== "==" || typeof constant !== "string" || !isDotted(constant)) return undefined;
  return {
    sql: `(${address.sql} = ? OR ${dialect.contains(address.sql)})`,
    parameters: [constant, ":"],
    isExact: false,
  };
}

function isDotted(text: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(text) && readIpAddress(text) !== undefined;
}

function exact(sql: string, parameters: readonly SqlParameter[]): SqlCondition {
  return { sql, parameters, isExact: true };
}
