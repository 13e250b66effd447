import type { Body, ExchangeTimes, Header } from "../../model/index.ts";
import { type Fields, fieldsOf } from "../json/fields.ts";
import { readTime } from "../json/read-values.ts";
import { decodeContentText } from "../text/content-text.ts";

export function readHeaders(list: readonly unknown[] | undefined): Header[] {
  return (list ?? []).map(fieldsOf).map((header) => ({
    name: header.text("name"),
    value: header.text("value"),
    ...(header.flag("sensitive") === true ? { sensitive: true } : {}),
  }));
}

export function readBody(fields: Fields): Body {
  const bytes = decodeContentText(fields.raw);
  return {
    bytes: bytes ?? new Uint8Array(0),
    size: fields.number("size") ?? bytes?.length ?? 0,
    truncated: fields.flag("truncated") ?? bytes === undefined,
    complete: fields.flag("complete") ?? true,
    ...fields.copyTexts("decodedFrom"),
  };
}

export function readTimes(fields: Fields): ExchangeTimes {
  const times = TIMES.map((name) => [name, readTime(fields, name)]).filter(([, moment]) => moment !== undefined);
  return Object.fromEntries(times) as ExchangeTimes;
}

const TIMES: readonly (keyof ExchangeTimes)[] = [
  "connectStart",
  "connectEnd",
  "tlsStart",
  "tlsEnd",
  "requestStart",
  "requestEnd",
  "responseStart",
  "responseEnd",
];
