import { bytesToHex } from "./bytes/hex.ts";
import type { FormatFamily, Magic } from "./format.ts";
import { FORMATS } from "./formats.ts";
import { HEAD_BYTES } from "./head-bytes.ts";

/**
 * Tells from the beginning of a file which formats it may be of; its name has no say. Undefined: more bytes would tell.
 *
 * @param isWhole nothing follows `head`
 * @returns the family, or `unknown` with what the file is or looks like
 */
export function detectFormat(
  head: Uint8Array,
  isWhole: boolean,
): FormatFamily | { readonly unknown: string } | undefined {
  if (head.length === 0) return isWhole ? { unknown: "it is empty" } : undefined;
  if (head.length < SIGNATURE_BYTES && !isWhole) return undefined;
  const bySignature = findByMagic("signature", head);
  if (bySignature !== undefined) return bySignature;
  const foreign = describeSignature(head);
  if (foreign !== undefined) return { unknown: foreign };
  if (head.length < HEAD_BYTES && !isWhole && !head.includes(NEWLINE)) return undefined;
  const byLine = findByMagic("line", head);
  if (byLine !== undefined) return byLine;
  if (head.length < HEAD_BYTES && !isWhole) return undefined;
  return findByMagic("head", head) ?? findInLines(head) ?? { unknown: describeUnknown(head) };
}

/** The first lines may be damaged: of formats that have a record a line, any of the next tells. */
function findInLines(head: Uint8Array): FormatFamily | undefined {
  let rest = head.subarray(0, HEAD_BYTES);
  for (let line = 0; line < LINES_LOOKED_AT; line++) {
    const end = rest.indexOf(NEWLINE);
    if (end < 0) return undefined;
    rest = rest.subarray(end + 1);
    const family = findByMagic("line", rest);
    if (family !== undefined && family !== "har") return family;
  }
  return undefined;
}

const LINES_LOOKED_AT = 8;

/** Every signature but that of a gob session, which goes on to tell more, is this long or longer. */
const SIGNATURE_BYTES = 4;
const NEWLINE = 0x0a;

function findByMagic(needs: Magic["needs"], head: Uint8Array): FormatFamily | undefined {
  const seen = head.subarray(0, HEAD_BYTES);
  return FORMATS.find(({ magic }) => magic?.needs === needs && magic.test(seen))?.family;
}

const FOREIGN: readonly { readonly bytes: string; readonly is: string }[] = [
  { bytes: "28b52ffd", is: "it is compressed with zstd: unpack it first (zstd -dc FILE | tapline read -)" },
  { bytes: "fd377a585a00", is: "it is compressed with xz: unpack it first (xz -dc FILE | tapline read -)" },
  { bytes: "504b0304", is: "it is a zip archive: unpack it first" },
  { bytes: "7f454c46", is: "it is an ELF program" },
  { bytes: "89504e47", is: "it is a PNG image" },
  { bytes: "25504446", is: "it is a PDF" },
  { bytes: "736e6f6f70", is: "it is a snoop capture: convert it with editcap -F pcapng" },
];

function describeSignature(head: Uint8Array): string | undefined {
  const hex = bytesToHex(head.subarray(0, 8));
  return FOREIGN.find(({ bytes }) => hex.startsWith(bytes))?.is;
}

function describeUnknown(head: Uint8Array): string {
  const text = new TextDecoder().decode(head).replace(/^\ufeff/, "");
  if (/^\s*</.test(text)) return "it is XML or HTML";
  if (/^\s*[{[]/.test(text)) return "it is JSON, but neither HAR, nor exchanges of Tapline, nor an Envoy trace";
  const start = Array.from(head.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return /^[\t\r\n -~]+$/.test(text.slice(0, 64)) ? "it is text that is not known" : `it begins with ${start}`;
}
