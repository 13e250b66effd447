import type { StoreBatch } from "../exchange-store.ts";
import { ATTRIBUTE_COLUMNS, FLAG_IMPRECISE, PLAIN_COLUMNS, type StoredValue } from "../record/columns.ts";
import type { ExchangeRecord } from "../record/exchange-record.ts";
import { ARRIVAL_NAMES, EXCHANGE_COLUMNS } from "./clickhouse-schema.ts";

/** The columns of `arrivals` in the order of the values of each line. */
export const ARRIVAL_COLUMNS: readonly string[] = [
  ...["row", "batch", "id"],
  ...EXCHANGE_COLUMNS.map(({ name }) => ARRIVAL_NAMES[name] ?? name),
  ...["name", "summary", "sequence"],
];

/** A batch as lines of JSONCompactEachRow. @param now milliseconds since the epoch */
export function writeArrivals(batch: StoreBatch, token: string, firstId: number, now: number): string {
  const millis = Math.floor(now);
  // Lines are compressed as what they are: most rows fill a few columns, and leave the others at their defaults.
  const line = (row: string, id: number, values: Readonly<Record<string, unknown>>): string =>
    JSON.stringify(
      ARRIVAL_COLUMNS.map(
        (name) =>
          values[name] ??
          DEFAULTS[name] ??
          (name === "row" ? row : name === "batch" ? token : name === "id" ? id : null),
      ),
    );
  const lines: string[] = [];
  batch.flows.forEach(({ time, kind, summary, document }, index) => {
    lines.push(
      line("flow", firstId + index, {
        micros: within(time),
        millis,
        name: wellFormed(kind),
        summary: wellFormed(summary),
        document,
      }),
    );
  });
  batch.exchanges.forEach((record, index) => {
    lines.push(JSON.stringify(["exchange", token, firstId + index, ...exchangeValues(record, millis), "", "", 0]));
  });
  for (const id of batch.uncounted ?? []) lines.push(line("uncounted", id, { millis }));
  for (const { id, sequence, seen } of batch.senders)
    lines.push(line("sender", 0, { millis: seen, name: wellFormed(id), sequence }));
  return `${lines.join("\n")}\n`;
}

const DEFAULTS: Readonly<Record<string, unknown>> = {
  ...{ micros: 0, nanos: 0, millis: 0, flags: 0, counted: 0, document: "", name: "", summary: "", sequence: 0 },
};

const [TIME, NANOS, , FLAGS] = PLAIN_COLUMNS.map((_, index) => index) as [number, number, number, number];

function exchangeValues({ values, document }: ExchangeRecord, millis: number): unknown[] {
  const time = values[TIME] as number;
  const whole = wholeValues(values);
  return [
    within(time),
    values[NANOS],
    millis,
    (values[FLAGS] as number) | (within(time) === time ? 0 : FLAG_IMPRECISE),
    ...whole.slice(FLAGS + 1).map((value) => (typeof value === "string" ? wellFormed(value) : value)),
    document,
  ];
}

/** With what follows from other columns. */
function wholeValues(values: readonly StoredValue[]): StoredValue[] {
  const whole = [...values];
  const attributes = whole.slice(PLAIN_COLUMNS.length);
  ATTRIBUTE_COLUMNS.forEach(({ impliedBy }, index) => {
    if (attributes[index] !== null || impliedBy === undefined) return;
    const implied = impliedBy(attributes);
    attributes[index] = implied === " " ? null : implied;
  });
  return [...whole.slice(0, PLAIN_COLUMNS.length), ...attributes];
}

/** The times that DateTime64(6) has, in microseconds since the epoch. */
const FIRST_MICROS = Date.UTC(1900, 0, 2) * 1000;
const LAST_MICROS = Date.UTC(2262, 0, 1) * 1000;

function within(micros: number): number {
  return Math.min(LAST_MICROS, Math.max(FIRST_MICROS, micros));
}

/** Halves of code points cannot be written. */
function wellFormed(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}
