/** A text in quotes without its escapes; as it is written where they are none. */
export function decodeEscapes(written: string): string {
  if (!written.includes("\\")) return written;
  try {
    return JSON.parse(`"${written.replace(/\\'/g, "'")}"`) as string;
  } catch {
    return written.replace(/\\u([0-9a-fA-F]{4})/g, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    );
  }
}

/** A text without its percent-encoding; as it is written where it has none. */
export function decodePercent(value: string): string {
  if (!value.includes("%")) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
