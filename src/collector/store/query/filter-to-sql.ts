import type { ChainNode, ConditionalNode, Node } from "../../../analysis/filter/syntax/node.ts";
import { parseFilter } from "../../../analysis/filter/syntax/parser.ts";
import { nameForm, statusForm } from "../../../analysis/filter/syntax/short-forms.ts";
import { relationToSql, textTestToSql } from "./relation-to-sql.ts";
import { EVERYTHING, joinConditions, type SqlCondition } from "./sql-condition.ts";
import { SQLITE, type SqlDialect } from "./sql-dialect.ts";
import { attributeOf, operandOf } from "./sql-operand.ts";

/**
 * A filter as a condition over the columns of stored exchanges, as far as SQL can say it. CEL's missing values are SQL's NULLs:
 * `false && missing` is false and `!missing` is missing in both. Parts that cannot be said let everything pass: the condition is
 * not exact then. It is said of rows whose columns say all, which `FLAG_IMPRECISE` tells apart.
 * @param text a filter that `compileFilter` took
 */
export function filterToSql(text: string, dialect: SqlDialect = SQLITE): SqlCondition {
  return conditionOf(parseFilter(text), dialect) ?? EVERYTHING;
}

/** Undefined: it cannot be said, not even in part. */
function conditionOf(node: Node, dialect: SqlDialect): SqlCondition | undefined {
  switch (node.kind) {
    case "and":
      return conjunctionOf(node, dialect);
    case "or":
      return disjunctionOf(node, dialect);
    case "not":
      return negationOf(node.operand, dialect);
    case "conditional":
      return choiceOf(node, dialect);
    case "short":
      return conditionOf(parseFilter(node.cel), dialect);
    case "literal":
      return literalOf(node.value, dialect);
    case "name":
      return formOf(nameForm(node.name), dialect) ?? flagOf(node, dialect);
    case "select":
      return flagOf(node, dialect);
    case "binary":
      return relationToSql(node, dialect);
    case "call":
      return node.name === "has" && node.target === undefined
        ? presenceOf(node.args[0], dialect)
        : textTestToSql(node, dialect);
    default:
      return undefined;
  }
}

/** A part that cannot be said is left out: more passes. */
function conjunctionOf({ parts }: ChainNode, dialect: SqlDialect): SqlCondition | undefined {
  const said = parts.map((part) => conditionOf(part, dialect)).filter((part) => part !== undefined);
  if (said.length === 0) return undefined;
  const joined = joinConditions(said, " AND ");
  return said.length === parts.length ? joined : { ...joined, isExact: false };
}

/** All parts have to be said. */
function disjunctionOf({ parts }: ChainNode, dialect: SqlDialect): SqlCondition | undefined {
  const said = parts.map((part) => conditionOf(part, dialect));
  return said.every((part) => part !== undefined) ? joinConditions(said, " OR ") : undefined;
}

/** A condition that lets pass too much would let pass too little when it is turned round. */
function negationOf(operand: Node, dialect: SqlDialect): SqlCondition | undefined {
  const condition = conditionOf(operand, dialect);
  return condition?.isExact === true ? { ...condition, sql: `(NOT ${condition.sql})` } : undefined;
}

function choiceOf({ condition, yes, no }: ConditionalNode, dialect: SqlDialect): SqlCondition | undefined {
  const parts = [condition, yes, no].map((part) => conditionOf(part, dialect));
  const [test, first, second] = parts;
  if (test === undefined || first === undefined || second === undefined || !test.isExact) return undefined;
  return {
    sql: `(CASE WHEN ${test.sql} IS NULL THEN NULL WHEN ${test.sql} THEN ${first.sql} ELSE ${second.sql} END)`,
    parameters: [test, test, first, second].flatMap(({ parameters }) => parameters),
    isExact: first.isExact && second.isExact,
  };
}

function literalOf(value: unknown, dialect: SqlDialect): SqlCondition | undefined {
  if (typeof value === "bigint") return formOf(statusForm(value), dialect);
  return typeof value === "boolean" ? { sql: value ? "1" : "0", parameters: [], isExact: true } : undefined;
}

function formOf(cel: string | undefined, dialect: SqlDialect): SqlCondition | undefined {
  return cel === undefined ? undefined : conditionOf(parseFilter(cel), dialect);
}

/** An attribute that is true or false. */
function flagOf(node: Node, dialect: SqlDialect): SqlCondition | undefined {
  const operand = operandOf(node, dialect);
  return operand?.type === "bool" ? { sql: `(${operand.sql})`, parameters: [], isExact: true } : undefined;
}

/** `has(attribute)` */
function presenceOf(node: Node | undefined, dialect: SqlDialect): SqlCondition | undefined {
  const attribute = node && attributeOf(node, dialect);
  return attribute && { sql: `(${attribute.sql} IS NOT NULL)`, parameters: [], isExact: true };
}
