import type { Exchange, FlowEvent } from "../../model/index.ts";
import type { Presentation } from "../content/presentation.ts";
import { exchangeDocument, rowOf } from "../protocols/index.ts";
import { type Redactor, redactFlow } from "../redaction/index.ts";
import type { Finding } from "./finding.ts";

/**
 * Finds what looks like a secret in an exchange: where its document with secrets differs from the one without.
 * @param presentation with a redactor
 */
export function auditExchange(exchange: Exchange, presentation: Presentation): Finding[] {
  const row = rowOf(exchange);
  const shown = exchangeDocument(row.present(exchange, { ...presentation, redactor: undefined }));
  const hidden = exchangeDocument(row.present(exchange, presentation));
  const findings: Finding[] = [];
  compare(shown, hidden, [], (path, before, after) => {
    const place = `exchange ${exchange.id} ${path.join(".")}`.trimEnd();
    for (const kind of newMarks(before, after)) findings.push({ place, kind });
  });
  return findings;
}

/** The same of a flow: of what a proxy of the datapath has logged. */
export function auditFlow(flow: FlowEvent, redactor: Redactor, id: number): Finding[] {
  const redacted = redactFlow(flow, redactor);
  const findings: Finding[] = [];
  if (redacted === flow) return findings;
  const { summary, attributes, document = {} } = flow;
  const after = { summary: redacted.summary, attributes: redacted.attributes, document: redacted.document ?? {} };
  compare({ summary, attributes, document }, after, [], (path, before, hidden) => {
    for (const kind of newMarks(before, hidden)) findings.push({ place: `flow ${id} ${path.join(".")}`, kind });
  });
  return findings;
}

type Visit = (path: readonly string[], before: string, after: string) => void;

function compare(before: unknown, after: unknown, path: readonly string[], visit: Visit): void {
  if (typeof before === "string" || typeof after === "string") {
    if (before !== after) visit(path, asText(before), asText(after));
    return;
  }
  if (typeof before !== "object" || typeof after !== "object" || before === null || after === null) return;
  for (const [key, value] of Object.entries(before)) {
    const other = (after as Record<string, unknown>)[key];
    compare(value, other, Array.isArray(before) ? withItem(path, other ?? value, key) : [...path, key], visit);
  }
  // Bytes that became a text, or the other way round.
  for (const [key, value] of Object.entries(after)) if (!(key in before)) compare("", value, [...path, key], visit);
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A header is known by its name, any other item by its number. */
function withItem(path: readonly string[], item: unknown, key: string): readonly string[] {
  const name = typeof item === "object" && item !== null && "name" in item ? String(item.name) : key;
  return [...path, name];
}

/** The least that is said of a text whose marks fill up bytes, or that is base64, at least that there is something. */
function newMarks(before: string, after: string): string[] {
  const known = new Set(before.match(MARKS));
  const fresh = (after.match(MARKS) ?? []).filter((mark) => !known.has(mark));
  const kinds = [...new Set(fresh)].map((mark) => /^redacted-(.*)-[0-9a-f]{8}$/.exec(mark)![1]!);
  return kinds.length > 0 || after === "" ? kinds : ["secret"];
}

const MARKS = /redacted-[a-z0-9][a-z0-9._~-]{0,39}-[0-9a-f]{8}/g;
