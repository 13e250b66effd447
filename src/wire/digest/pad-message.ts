/**
 * A message with the padding of MD5 and the SHA family: a bit 1, zeros, and its length in bits in the last 8 bytes of a whole
 * number of blocks (the 8 before them, which SHA-384 has too, are zero: messages are shorter than 2^53 bits).
 */
export function padMessage(bytes: Uint8Array, blockBytes: 64 | 128, order: "big-endian" | "little-endian"): DataView {
  const lengthBytes = blockBytes / 8;
  const padded = new Uint8Array(Math.ceil((bytes.length + 1 + lengthBytes) / blockBytes) * blockBytes);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  const high = Math.floor((bytes.length * 8) / 2 ** 32);
  const low = (bytes.length * 8) >>> 0;
  const end = padded.length - 8;
  if (order === "big-endian") {
    view.setUint32(end, high);
    view.setUint32(end + 4, low);
  } else {
    view.setUint32(end, low, true);
    view.setUint32(end + 4, high, true);
  }
  return view;
}
