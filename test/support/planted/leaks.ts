import type { Planted } from "./shape.ts";

/** A secret as it may be written: as it is, encoded, in bytes of two, in hexadecimal digits, and in base64 at each of three offsets. */
export function spell(text: string): string[] {
  const bytes = Buffer.from(text);
  const inBase64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    return encoded.slice(offset === 0 ? 0 : offset + 1, -4);
  });
  const wide = Buffer.from(text, "utf16le").toString("latin1");
  const spelled = [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1), bytes.toString("hex"), wide];
  return [...new Set([...spelled, ...inBase64])].filter((one) => one.length > 5);
}

/** The names of those of which a text is found, in any of its spellings. */
export function leaksOf(planted: readonly Planted[], output: string, spelled = spell): string[] {
  const isShown = (text: string): boolean => spelled(text).some((one) => holds(output, one));
  return planted.filter(({ texts }) => texts.some(isShown)).map(({ name }) => name);
}

/** A number is not found in a longer one, nor behind a point: times and identifiers have any six digits now and then. */
function holds(output: string, text: string): boolean {
  return /^\d+$/.test(text) ? new RegExp(`(?<![\\d.])${text}(?!\\d)`).test(output) : output.includes(text);
}
