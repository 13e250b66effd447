import type { Ledger, LedgerBook, MemoryBudget, Statistic } from "../../../model/index.ts";

/**
 * The ledger as numbers. Of each book, in Prometheus:
 *
 *     tapline_ledger_entered{book} = sum of tapline_ledger_settled{book, kind, reason} + tapline_ledger_buffered{book}
 */
export function collectLedgerStatistics(ledger: Ledger): Statistic[] {
  return [...ledger.books].flatMap((book) => [
    ledgerStatistic(book, "entered", {}, book.entered),
    ledgerStatistic(book, "buffered", {}, book.buffered),
    settledStatistic(book, "handled", undefined, book.handled),
    ...[...book.skippedBy].map(([reason, amount]) => settledStatistic(book, "skipped", reason, amount)),
    ...[...book.truncatedBy].map(([reason, amount]) => settledStatistic(book, "truncated", reason, amount)),
    ...[...book.droppedBy].map(([reason, amount]) => settledStatistic(book, "dropped", reason, amount)),
  ]);
}

/** Memory that the process may buffer, buffers, and how often it was not enough. Bytes. */
export function collectMemoryStatistics(budget: MemoryBudget): Statistic[] {
  const rows = [
    ["budget_bytes", budget.limit, "gauge"],
    ["used_bytes", budget.used, "gauge"],
    ["peak_bytes", budget.peak, "gauge"],
    ["refusals", budget.refusals, "counter"],
  ] as const;
  return rows.map(([what, value, kind]) => {
    const name = `tapline.memory.${what}`;
    return { name, family: name, labels: {}, kind, value };
  });
}

function settledStatistic(book: LedgerBook, kind: string, reason: string | undefined, amount: number): Statistic {
  return {
    ...ledgerStatistic(book, "settled", { kind, ...(reason !== undefined && { reason }) }, amount),
    name: `tapline.ledger.${book.name}.${kind}${reason === undefined ? "" : `.${reason}`}`,
  };
}

function ledgerStatistic(
  { name: book }: LedgerBook,
  what: "entered" | "buffered" | "settled",
  labels: Record<string, string>,
  value: number,
): Statistic {
  return {
    name: `tapline.ledger.${book}.${what}`,
    family: `tapline.ledger_${what}`,
    labels: { book, ...labels },
    kind: what === "buffered" ? "gauge" : "counter",
    value,
  };
}
