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
