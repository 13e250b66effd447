import { compileFilter, type Filter } from "../../../analysis/filter/index.ts";
import { DocumentConnections } from "../../../wire/ndjson/index.ts";
import { FLAG_IMPRECISE } from "../record/columns.ts";
import { readStoredDocument } from "../record/read-document.ts";
import { needlesOf } from "./document-needles.ts";
import { filterToSql } from "./filter-to-sql.ts";
import { EVERYTHING, type SqlCondition } from "./sql-condition.ts";
import type { SqlDialect } from "./sql-dialect.ts";

/** A query's filter, as SQL and by itself. */
export interface PreparedFilter {
  readonly condition: SqlCondition;
  /** Absent: everything matches. */
  readonly filter?: Filter;
  /** The document of everything that matches has these texts in it. */
  readonly needles?: readonly string[];
}

/** @throws TaplineError `usage` for a wrong filter */
export function prepareFilter(text: string | undefined, dialect?: SqlDialect): PreparedFilter {
  if (text === undefined || text.trim() === "") return { condition: { ...EVERYTHING, isExact: true } };
  const filter = compileFilter(text);
  return { condition: filterToSql(text, dialect), filter, needles: needlesOf(text) };
}

/** Whether SQL has said all of a row. */
export function isDecided({ condition, filter }: PreparedFilter, flags: number): boolean {
  return filter === undefined || (condition.isExact && (flags & FLAG_IMPRECISE) === 0);
}

/** Asks filters about stored documents. Neighbours are mostly of a few connections, which are made once. */
export class DocumentMatcher {
  readonly #connections = new DocumentConnections(1024);

  /** @param document JSON; empty: it was removed meanwhile */
  matches({ filter, needles = [] }: PreparedFilter, document: Buffer | string, id: number): boolean {
    if (document.length === 0 || !needles.every((needle) => document.includes(needle))) return false;
    const exchange = readStoredDocument(document.toString(), id, this.#connections);
    return filter === undefined || filter.matches("exchange", exchange);
  }
}
