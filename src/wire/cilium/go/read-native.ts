/** Little endian, as the datapath writes on x86-64 and arm64. */
export function nativeUint16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

export function nativeUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

export function nativeUint64(bytes: Uint8Array, at: number): bigint {
  const low = nativeUint32(bytes, at);
  const high = nativeUint32(bytes, at + 4);
  return high === 0 ? BigInt(low) : (BigInt(high) << 32n) | BigInt(low);
}

/** For 16-bit numbers in network byte order: the low 16 bits of `value`, swapped. */
export function swapUint16(value: number): number {
  return ((value & 0xff) << 8) | ((value >>> 8) & 0xff);
}
