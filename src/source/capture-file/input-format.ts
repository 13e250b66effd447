import { bytesToHex } from "../../wire/bytes/hex.ts";
import { type CaptureFormat, detectCaptureFormat } from "../../wire/pcap/index.ts";
import { HEAD_BYTES } from "./input.ts";

/** What a file holds, told by its content. */
export type InputFormat = CaptureFormat | "har" | "ndjson" | "envoy" | "cilium";

/**
 * Tells what the beginning of a file belongs to. Undefined: more bytes would tell.
 * @param isWhole nothing follows `head`
 * @param isEnvoyTrace asked last, since an Envoy trace in binary form has no signature
 */
export function detectInputFormat(
  head: Uint8Array,
  isWhole: boolean,
  isEnvoyTrace: (head: Uint8Array) => boolean,
): InputFormat | { readonly unknown: string } | undefined {
  if (head.length === 0) return isWhole ? { unknown: "it is empty" } : undefined;
  if (head.length < 4 && !isWhole) return undefined;
  const capture = detectCaptureFormat(head);
  if (capture !== undefined) return capture;
  if (isGobSession(head)) return "cilium";
  const known = describeMagic(head);
  if (known !== undefined) return { unknown: known };
  if (head.length < HEAD_BYTES && !isWhole && !/\n/.test(asText(head))) return undefined;
  const text = asText(head);
  if (/^\s*\{\s*"type"\s*:\s*"(?:exchange|flow)"/.test(text)) return "ndjson";
  if (/^\s*\{\s*"log"\s*:\s*\{/.test(text)) return "har";
  if (CILIUM_JSON.test(text) || HEX_LINES.test(text)) return "cilium";
  if (head.length < HEAD_BYTES && !isWhole) return undefined;
  if (isEnvoyTrace(head)) return "envoy";
  return { unknown: describeUnknown(head, text) };
}

/** What Cilium's monitor socket sends begins with the definition of its type `Payload`. */
function isGobSession(head: Uint8Array): boolean {
  return head[1] === 0xff && asText(head.subarray(0, 24)).includes("Payload");
}

/** What `cilium monitor -j` writes, and messages in hexadecimal, `[CPU ]HEX` a line. */
const CILIUM_JSON =
  /^\s*\{"(?:cpu":"CPU -?\d+:"|type":"(?:logRecord|agent|trace|drop|debug|capture|policy-verdict|lost)")/;
const HEX_LINES = /^(?:#[^\n]*\n|\s*\n)*(?:\d{1,9}[ \t]+)?(?:[0-9a-fA-F]{2}){8,}\s*(?:\n|$)/;

function asText(head: Uint8Array): string {
  return new TextDecoder().decode(head).replace(/^\ufeff/, "");
}

const MAGICS: readonly { readonly bytes: string; readonly is: string }[] = [
  { bytes: "28b52ffd", is: "it is compressed with zstd: unpack it first (zstd -dc FILE | tapline read -)" },
  { bytes: "fd377a585a00", is: "it is compressed with xz: unpack it first (xz -dc FILE | tapline read -)" },
  { bytes: "504b0304", is: "it is a zip archive: unpack it first" },
  { bytes: "7f454c46", is: "it is an ELF program" },
  { bytes: "89504e47", is: "it is a PNG image" },
  { bytes: "25504446", is: "it is a PDF" },
  { bytes: "736e6f6f70", is: "it is a snoop capture: convert it with editcap -F pcapng" },
];

function describeMagic(head: Uint8Array): string | undefined {
  const hex = bytesToHex(head.subarray(0, 8));
  return MAGICS.find(({ bytes }) => hex.startsWith(bytes))?.is;
}

function describeUnknown(head: Uint8Array, text: string): string {
  if (/^\s*</.test(text)) return "it is XML or HTML";
  if (/^\s*[{[]/.test(text)) return "it is JSON, but neither HAR, nor exchanges of Tapline, nor an Envoy trace";
  const start = Array.from(head.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return /^[\t\r\n -~]+$/.test(text.slice(0, 64)) ? "it is text that is not known" : `it begins with ${start}`;
}
