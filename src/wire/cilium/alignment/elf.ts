/** A section of an ELF file; undefined where the file has none of that name. */
export type SectionFinder = (name: string) => DataView | undefined;

/**
 * The sections of a little-endian 64-bit ELF file, or what is wrong with it.
 * @throws RangeError where the file is cut in its headers
 */
export function openElf(file: Uint8Array): SectionFinder | string {
  const view = viewOf(file);
  if (file.length < 64 || view.getUint32(0) !== 0x7f454c46) return "this is no ELF file";
  if (file[4] !== 2 || file[5] !== 1) return "this is no little-endian 64-bit ELF file";
  const headers = Number(view.getBigUint64(40, true));
  const headerSize = view.getUint16(58, true);
  const count = view.getUint16(60, true);
  const dataOf = (index: number): DataView => {
    const at = headers + index * headerSize;
    if (view.getUint32(at + 4, true) === NO_BITS) return viewOf(file, 0, 0);
    return viewOf(file, Number(view.getBigUint64(at + 24, true)), Number(view.getBigUint64(at + 32, true)));
  };
  const names = dataOf(view.getUint16(62, true));
  const indexes = new Map<string, number>();
  for (let i = 1; i < count; i++) {
    const name = readText(names, view.getUint32(headers + i * headerSize, true));
    if (!indexes.has(name)) indexes.set(name, i);
  }
  return (name) => {
    const index = indexes.get(name);
    return index === undefined ? undefined : dataOf(index);
  };
}

const NO_BITS = 8;

/** The text that ends with a zero byte, or with the section. */
export function readText(view: DataView, offset: number): string {
  let text = "";
  for (let at = offset; at < view.byteLength; at++) {
    const byte = view.getUint8(at);
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

function viewOf(bytes: Uint8Array, offset = 0, size = bytes.length): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + offset, Math.min(size, bytes.length - offset));
}
