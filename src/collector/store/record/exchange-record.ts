import { exchangeDocument, rowOf } from "../../../analysis/protocols/index.ts";
import { EPOCH, type Exchange, type Timestamp } from "../../../model/index.ts";
import type { SummedColumns } from "../segment/rollups.ts";
import { ATTRIBUTE_COLUMNS, attributeValue, LIST_MARK, RECORD_COLUMNS, type StoredValue } from "./columns.ts";

/** An exchange as it is stored: what can be asked for, and its document. */
export interface ExchangeRecord {
  /** In the order of `RECORD_COLUMNS`. */
  readonly values: StoredValue[];
  /** JSON, without line feeds. */
  readonly document: string;
}

/** Some columns do not say all: whoever filters by them looks into the document. */
export const FLAG_IMPRECISE = 1;
/** It came without a time: it stands at that of its arrival. */
export const FLAG_UNTIMED = 2;

/** Characters of a column; more are cut off. */
const MAX_TEXT = 512;

const [
  COUNTED,
  TIME,
  SERVICE,
  METHOD,
  ROUTE,
  URL_PATH,
  PATH,
  OPERATION,
  OUTCOME,
  REQUEST_SIZE,
  RESPONSE_SIZE,
  DURATION,
] = [
  "counted",
  "time",
  "service",
  "method",
  "route",
  "url_path",
  "path",
  "operation",
  "outcome",
  "request_size",
  "response_size",
  "duration",
].map((name) => RECORD_COLUMNS.indexOf(name)) as [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

/** @param arrived milliseconds since the epoch */
export function recordOf(exchange: Exchange, arrived: number): ExchangeRecord {
  const { times } = exchange;
  const seen = times.requestStart ?? times.responseStart;
  const time = seen ?? timeOfArrival(arrived);
  const { values, isImprecise } = attributeValues(exchange);
  const plain: StoredValue[] = [
    microsOf(time),
    time.nanos % 1000,
    arrived,
    (isImprecise ? FLAG_IMPRECISE : 0) | (seen === undefined ? FLAG_UNTIMED : 0),
    1,
    connectionKey(exchange),
    ...cellsOf(exchange, values),
  ];
  return { values: [...plain, ...values.values()], document: JSON.stringify(exchangeDocument(exchange)) };
}

/** Whether it counts in rates, beside other views of the same request. */
export function isCounted({ values }: ExchangeRecord): boolean {
  return values[COUNTED] === 1;
}

export function setCounted({ values }: ExchangeRecord, counted: boolean): void {
  values[COUNTED] = counted ? 1 : 0;
}

/** The columns that sums are made of. */
export function summedColumns({ values }: ExchangeRecord): SummedColumns {
  const at = (index: number): StoredValue => values[index] ?? null;
  return {
    time: at(TIME),
    service: at(SERVICE),
    method: at(METHOD),
    route: at(ROUTE) ?? at(URL_PATH) ?? at(PATH) ?? at(OPERATION),
    outcome: at(OUTCOME),
    request_size: at(REQUEST_SIZE),
    response_size: at(RESPONSE_SIZE),
    duration: at(DURATION),
  };
}

/** The value of a column by its name. */
export function columnValue({ values }: ExchangeRecord, name: string): StoredValue {
  return values[RECORD_COLUMNS.indexOf(name)] ?? null;
}

export function microsOf({ seconds, nanos }: Timestamp): number {
  const micros = seconds * 1e6 + Math.floor(nanos / 1000);
  return Number.isSafeInteger(micros) ? micros : EPOCH.seconds;
}

function timeOfArrival(millis: number): Timestamp {
  return { seconds: Math.floor(millis / 1000), nanos: (millis % 1000) * 1e6 };
}

function attributeValues(exchange: Exchange): { values: Map<string, StoredValue>; isImprecise: boolean } {
  const values = new Map<string, StoredValue>();
  const whole = new Map<string, StoredValue>();
  let isImprecise = false;
  ATTRIBUTE_COLUMNS.forEach(({ name, impliedBy }, index) => {
    const said = attributeValue(index, exchange);
    if (Array.isArray(said) && said.some((item) => String(item).includes(LIST_MARK))) isImprecise = true;
    const value = storable(said);
    whole.set(name, value);
    const implied = impliedBy?.(whole);
    if (implied !== undefined && implied === value) {
      values.set(name, null);
      return;
    }
    // A value that is missing here would be made of other columns.
    if (value === null && implied !== undefined && implied !== " ") isImprecise = true;
    if (typeof value === "string" && !isPlain(value)) isImprecise = true;
    values.set(name, typeof value === "string" && value.length > MAX_TEXT ? value.slice(0, MAX_TEXT) : value);
  });
  return { values, isImprecise };
}

/** SQLite's functions end a text at NUL, and halves of code points cannot be written. */
function isPlain(text: string): boolean {
  return text.length <= MAX_TEXT && !text.includes("\0") && text.isWellFormed();
}

function storable(value: unknown): StoredValue {
  if (value === undefined || value === null) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (Array.isArray(value)) return value.length === 0 ? LIST_MARK : `${LIST_MARK}${value.join(LIST_MARK)}${LIST_MARK}`;
  if (typeof value === "bigint") return Number(value);
  return value as StoredValue;
}

/** Its type, and its cells where they are not those that the columns say. */
function cellsOf(
  exchange: Exchange,
  values: ReadonlyMap<string, StoredValue>,
): [type: string | null, cells: string | null] {
  const { type, tone: _, sizes, ...cells } = rowOf(exchange).cells(exchange);
  const isSaid =
    cells.verb === values.get("method") &&
    (cells.host ?? null) === values.get("host") &&
    (cells.target ?? null) === values.get("path") &&
    (cells.status ?? null) === (values.get("status") === null ? null : String(values.get("status"))) &&
    sizes.request === values.get("request_size") &&
    sizes.response === (values.get("response_size") ?? 0);
  const cut = Object.fromEntries(
    Object.entries(cells).map(([name, value]) => [name, value === undefined ? undefined : value.slice(0, MAX_TEXT)]),
  );
  return [type ?? null, isSaid ? null : JSON.stringify({ ...cut, sizes })];
}

/** Exchanges of one connection have the same. */
function connectionKey({ connection }: Exchange): string {
  return `${connection.source ?? ""}#${connection.id}`;
}
