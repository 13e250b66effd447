import { type ByteString, bytesOf, fromByteString } from "../go/byte-string.ts";
import { jsonString } from "../go/json.ts";
import { hexText, twoDigits } from "../go/text.ts";
import type { MessageBytes } from "./message-bytes.ts";

/** `CPU 03:` */
export function cpuPrefix(cpu: number): string {
  const known = PREFIXES[cpu];
  if (known !== undefined) return known;
  const prefix = `CPU ${twoDigits(cpu)}:`;
  if (cpu >= 0 && cpu < 4096) PREFIXES[cpu] = prefix;
  return prefix;
}

export function formatUnknown(message: MessageBytes, prefix: string): string {
  return `${prefix} Unknown event: [${message.bytes.subarray(message.start, message.end).join(" ")}]\n`;
}

export function unknownJson(message: MessageBytes, prefix: string): string {
  const data = hexText(message.bytes, message.start, message.end);
  return `{"cpu":"${prefix}","type":"unknown","messageType":${message.bytes[message.start]},"data":"${data}"}\n`;
}

/** Whether a line has a control character in it, or more line ends than the record has parts. */
export function mayForge(
  text: ByteString,
  record: { http: unknown; kafka: unknown; dns: unknown; l7: unknown },
): boolean {
  if (/[\0-\x09\x0b-\x1f\x7f-\xff]/.test(text)) return true;
  const parts = [record.http, record.kafka, record.dns, record.l7].filter((part) => part !== null).length;
  return text.split("\n").length - 1 !== Math.max(1, parts);
}

/** An agent's text is JSON by convention; what is not becomes a string. */
export function toJson(text: ByteString, atLeastV119: boolean): ByteString {
  try {
    JSON.parse(fromByteString(text));
  } catch {
    return jsonString(text, atLeastV119);
  }
  // A line feed between tokens would break the line that one event is.
  return isValidUtf8(text) ? text.replace(/[\n\r]/g, " ") : jsonString(text, atLeastV119);
}

function isValidUtf8(text: ByteString): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(text));
    return true;
  } catch {
    return false;
  }
}

const PREFIXES: string[] = [];
