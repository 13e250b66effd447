import type { Body, ExchangeTimes, Header } from "../../model/index.ts";
import { type Fields, isObject } from "../json/fields.ts";
import { readTime } from "../json/read-values.ts";
import { decodeContentText } from "../text/content-text.ts";

export function readHeaders(list: readonly unknown[] | undefined): Header[] {
  return list === undefined ? [] : list.map(readHeader);
}

function readHeader(one: unknown): Header {
  const { name, value, sensitive } = isObject(one) ? one : NOTHING;
  const header = { name: textOf(name), value: textOf(value) };
  return sensitive === true ? { ...header, sensitive } : header;
}

const NOTHING: Readonly<Record<string, unknown>> = {};

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
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
  const times: { -readonly [Name in keyof ExchangeTimes]: ExchangeTimes[Name] } = {};
  for (const name of TIMES) {
    const moment = readTime(fields, name);
    if (moment !== undefined) times[name] = moment;
  }
  return times;
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
