/** Bytes of one part or of several: a text's in Latin-1, a number is one byte. */
export type Part = string | number | readonly number[] | Uint8Array;

export function join(...parts: readonly Part[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) =>
      typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(typeof part === "number" ? [part] : part),
    ),
  );
}

export function u16(value: number): readonly number[] {
  return [(value >> 8) & 255, value & 255];
}

export function u32(value: number): readonly number[] {
  return [(value >> 24) & 255, (value >> 16) & 255, (value >> 8) & 255, value & 255];
}

export function le32(value: number): readonly number[] {
  return u32(value).toReversed();
}

export function sized(...parts: readonly Part[]): Uint8Array {
  const content = join(...parts);
  return join(u32(content.length), content);
}

/** The length counts itself. */
export function sized4(...parts: readonly Part[]): Uint8Array {
  const content = join(...parts);
  return join(u32(content.length + 4), content);
}

export function tagged(type: string, ...parts: readonly Part[]): Uint8Array {
  return join(type, sized4(...parts));
}

export function mysql(sequence: number, ...parts: readonly Part[]): Uint8Array {
  const content = join(...parts);
  return join([content.length & 255, content.length >> 8, 0, sequence], content);
}
