import {
  applicationsIn,
  type ExchangeFacts,
  exchangeDocument,
  factsOf,
  rowOf,
} from "../../../analysis/protocols/index.ts";
import { EPOCH, type Exchange, type Timestamp } from "../../../model/index.ts";
import type { SummedColumns } from "../segment/rollups.ts";
import {
  ATTRIBUTE_COLUMNS,
  attributeValue,
  FLAG_IMPRECISE,
  FLAG_UNTIMED,
  LIST_MARK,
  PLAIN_COLUMNS,
  RECORD_COLUMNS,
  type RecordFacts,
  type StoredValue,
  withoutQuery,
} from "./columns.ts";

/** An exchange as it is stored: what can be asked for, and its document. */
export interface ExchangeRecord {
  /** In the order of `RECORD_COLUMNS`. */
  readonly values: StoredValue[];
  /** JSON, without line feeds. */
  readonly document: string;
}

/** A record whose values alone are looked at. */
interface RecordValues {
  readonly values: readonly StoredValue[];
}

/** Characters of a column; more are cut off. */
const MAX_TEXT = 512;

const [
  COUNTED,
  TIME,
  SERVICE,
  METHOD,
  HOST,
  STATUS,
  TYPE,
  CELLS,
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
  "host",
  "status",
  "type",
  "cells",
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
  number,
  number,
  number,
  number,
];
const FIRST_ATTRIBUTE = PLAIN_COLUMNS.length;

/** @param arrived milliseconds since the epoch */
export function recordOf(
  exchange: Exchange,
  arrived: number,
  found: ExchangeFacts = factsOf(exchange),
): ExchangeRecord {
  const facts: RecordFacts = { ...found, applications: applicationsIn(exchange) };
  const { times } = exchange;
  const seen = times.requestStart ?? times.responseStart;
  const time = seen ?? timeOfArrival(arrived);
  const values: StoredValue[] = new Array(RECORD_COLUMNS.length).fill(null);
  const whole: StoredValue[] = new Array(ATTRIBUTE_COLUMNS.length).fill(null);
  const isImprecise = fillAttributes(values, whole, exchange, facts);
  values[0] = microsOf(time);
  values[1] = time.nanos % 1000;
  values[2] = arrived;
  values[3] = (isImprecise ? FLAG_IMPRECISE : 0) | (seen === undefined ? FLAG_UNTIMED : 0);
  values[4] = 1;
  values[5] = connectionKey(exchange);
  fillCells(values, exchange);
  return { values, document: JSON.stringify(exchangeDocument(exchange, facts)) };
}

/** Whether it counts in rates, beside other views of the same request. */
export function isCounted({ values }: RecordValues): boolean {
  return values[COUNTED] === 1;
}

export function setCounted({ values }: ExchangeRecord, counted: boolean): void {
  values[COUNTED] = counted ? 1 : 0;
}

/** The columns that sums are made of. */
export function summedColumns({ values }: RecordValues): SummedColumns {
  const at = (index: number): StoredValue => values[index] ?? null;
  return {
    time: at(TIME),
    service: at(SERVICE),
    method: at(METHOD),
    route: at(ROUTE) ?? at(URL_PATH) ?? withoutQuery(at(PATH)) ?? at(OPERATION),
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

/** Gives whether some of the columns do not say all. @param whole gets the values as they are, cut or implied or not */
function fillAttributes(values: StoredValue[], whole: StoredValue[], exchange: Exchange, facts: RecordFacts): boolean {
  let isImprecise = false;
  for (let index = 0; index < ATTRIBUTE_COLUMNS.length; index++) {
    const said = attributeValue(index, exchange, facts);
    if (Array.isArray(said) && said.some((item) => String(item).includes(LIST_MARK))) isImprecise = true;
    const value = storable(said);
    whole[index] = value;
    const implied = ATTRIBUTE_COLUMNS[index]!.impliedBy?.(whole);
    // Texts that SQL makes of one with NUL end there.
    if (implied !== undefined && implied === value && !String(value).includes("\0")) continue;
    // A value that is missing here would be made of other columns.
    if (value === null && implied !== undefined && implied !== " ") isImprecise = true;
    if (typeof value === "string" && !isPlain(value)) isImprecise = true;
    values[FIRST_ATTRIBUTE + index] =
      typeof value === "string" && value.length > MAX_TEXT ? value.slice(0, MAX_TEXT) : value;
  }
  return isImprecise;
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
function fillCells(values: StoredValue[], exchange: Exchange): void {
  const { type, tone: _, sizes, ...cells } = rowOf(exchange).cells(exchange);
  values[TYPE] = type ?? null;
  const status = values[STATUS] ?? null;
  const isSaid =
    cells.verb === values[METHOD] &&
    (cells.host ?? null) === values[HOST] &&
    (cells.target ?? null) === values[PATH] &&
    (cells.status ?? null) === (status === null ? null : String(status)) &&
    sizes.request === values[REQUEST_SIZE] &&
    sizes.response === (values[RESPONSE_SIZE] ?? 0);
  if (isSaid) return;
  const cut = Object.fromEntries(
    Object.entries(cells).map(([name, value]) => [name, value === undefined ? undefined : value.slice(0, MAX_TEXT)]),
  );
  values[CELLS] = JSON.stringify({ ...cut, sizes });
}

/** Exchanges of one connection have the same. */
function connectionKey({ connection }: Exchange): string {
  return `${connection.source ?? ""}#${connection.id}`;
}
