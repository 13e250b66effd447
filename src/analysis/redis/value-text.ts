import type { RedisAggregate, RedisCommand, RedisScalar, RedisText, RedisValue } from "./redis-exchange.ts";

/** A command as it could be typed into redis-cli: `SET key "two words"`. */
export function commandText(command: RedisCommand): string {
  const words = command.words.map(wordText);
  const missing = command.count - command.words.length;
  return [...words, ...(missing > 0 ? [`… ${missing} more`] : [])].join(" ");
}

/** A value in a line: `"hello"`, `(integer) 3`, `(array of 2)`. */
export function shortValueText(value: RedisValue): string {
  if (!("values" in value)) return scalarText(value);
  const isPaired = value.type === "map" || value.type === "attribute";
  return `(${value.type} of ${isPaired ? value.count / 2 : value.count})`;
}

/** A value as redis-cli prints it: elements of aggregates numbered, those in them indented. */
export function valueText(value: RedisValue): string {
  return valueLines(value).join("\n");
}

/** Bytes as text: UTF-8, with `\xHH` for what is none and for control characters. */
export function plainText({ bytes, size }: RedisText): string {
  const text = decode(bytes) ?? Array.from(bytes, hexEscape).join("");
  return bytes.length < size ? `${text}…` : text;
}

/** The error's first word: `ERR`, `WRONGTYPE` (RESP2.md, "RESP Errors"). */
export function errorWord(value: RedisValue | undefined): string | undefined {
  if (value === undefined || (value.type !== "error" && value.type !== "bulk-error")) return undefined;
  return plainText(value as RedisScalar).split(" ", 1)[0] || "ERR";
}

/** Texts for what a server sends unasked: `message news`, `invalidate`, `monitor`. */
export function pushName(value: RedisValue): string {
  if (!("values" in value)) return "monitor";
  const [first, second] = value.values;
  const kind = first === undefined || "values" in first ? "push" : plainText(first);
  return second === undefined || "values" in second ? kind : `${kind} ${wordText(second)}`;
}

function valueLines(value: RedisValue): string[] {
  const attributes = value.attributes === undefined ? [] : valueLines(value.attributes);
  if (!("values" in value)) return [...attributes, ...scalarText(value).split("\n")];
  return [...attributes, ...aggregateLines(value)];
}

function aggregateLines({ type, values, count }: RedisAggregate): string[] {
  const isPaired = type === "map" || type === "attribute";
  const total = isPaired ? count / 2 : count;
  if (total === 0) return [`(empty ${type})`];
  const mark = MARKS[type] ?? ")";
  const width = String(total).length;
  const lines: string[] = [];
  const add = (at: number, item: string[]): void => {
    const prefix = `${String(at).padStart(width)}${mark} `;
    const indent = " ".repeat(prefix.length);
    for (const [index, line] of item.entries()) lines.push((index === 0 ? prefix : indent) + line);
  };
  if (!isPaired) for (const [at, value] of values.entries()) add(at + 1, valueLines(value));
  else
    for (let at = 0; at < values.length; at += 2) {
      const key = valueLines(values[at]!);
      const value = values[at + 1];
      const [first = "", ...rest] = value === undefined ? ["…"] : valueLines(value);
      add(at / 2 + 1, [...key.slice(0, -1), `${key.at(-1)} => ${first}`, ...rest]);
    }
  const missing = total - (isPaired ? Math.ceil(values.length / 2) : values.length);
  return missing > 0 ? [...lines, `… ${missing} more`] : lines;
}

/** As redis-cli has them (redis-cli.c, cliFormatReplyTTY). */
const MARKS: Readonly<Record<string, string>> = { map: "#", attribute: "|", set: "~" };

function scalarText(value: RedisScalar): string {
  switch (value.type) {
    case "simple":
      return plainText(value);
    case "null":
      return "(nil)";
    case "boolean":
      return value.bytes[0] === TRUE ? "(true)" : "(false)";
    case "error":
    case "bulk-error":
      return `(error) ${plainText(value)}`;
    case "integer":
    case "double":
    case "big-number":
      return `(${value.type.replace("-", " ")}) ${plainText(value)}`;
    case "verbatim":
      return plainText({ bytes: value.bytes.subarray(FORMAT_BYTES), size: value.size - FORMAT_BYTES });
    case "bulk":
      return quotedText(value);
  }
}

const TRUE = 0x74;
/** A verbatim string begins with its format: `txt:` (RESP3.md, "Verbatim string type"). */
const FORMAT_BYTES = 4;

/** A word of a command: in quotes where it has to be. */
export function wordText(word: RedisText): string {
  const text = decode(word.bytes);
  const isPlain = text !== undefined && text !== "" && !/[\s"'\\\p{Cc}]/u.test(text);
  return isPlain ? plainText(word) : quotedText(word);
}

/** In quotes, with what redis-cli escapes. */
export function quotedText(value: RedisText): string {
  const { bytes, size } = value;
  const text = decode(bytes);
  const escaped =
    text === undefined
      ? Array.from(bytes, hexEscape).join("")
      : text.replace(/["\\]/g, "\\$&").replace(/\p{Cc}/gu, (control) => ESCAPES[control] ?? hexEscapes(control));
  return `"${escaped}"${bytes.length < size ? "…" : ""}`;
}

const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\x07": "\\a" };

function hexEscapes(text: string): string {
  return Array.from(new TextEncoder().encode(text), hexEscape).join("");
}

function hexEscape(byte: number): string {
  if (byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c) return String.fromCharCode(byte);
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

/** Undefined of what is no UTF-8; its last character may be cut. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}
