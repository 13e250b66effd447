/** HMAC (RFC 2104) over any hash. @param blockBytes the hash's block: 64, for SHA-384 128 */
export function hmac(
  hash: (bytes: Uint8Array) => Uint8Array,
  blockBytes: number,
  key: Uint8Array,
  bytes: Uint8Array,
): Uint8Array {
  const block = new Uint8Array(blockBytes);
  block.set(key.length > blockBytes ? hash(key) : key);
  const inner = join(block, 0x36, bytes);
  return hash(join(block, 0x5c, hash(inner)));
}

function join(block: Uint8Array, mask: number, bytes: Uint8Array): Uint8Array {
  const joined = new Uint8Array(block.length + bytes.length);
  for (let index = 0; index < block.length; index++) joined[index] = block[index]! ^ mask;
  joined.set(bytes, block.length);
  return joined;
}
