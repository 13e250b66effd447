/** Cuts an IPv4 packet (20 bytes of header) into fragments of `size` bytes, a multiple of 8. */
export function fragmentIpv4(packet: Uint8Array, size: number, identification: number): Uint8Array[] {
  return cut(packet.subarray(20), size, (payload, offset, more) => {
    const fragment = new Uint8Array(20 + payload.length);
    fragment.set(packet.subarray(0, 20));
    fragment.set(payload, 20);
    const view = new DataView(fragment.buffer);
    view.setUint16(2, fragment.length);
    view.setUint16(4, identification);
    view.setUint16(6, (more ? 0x2000 : 0) | (offset >> 3));
    view.setUint16(10, 0);
    view.setUint16(10, checksum(fragment.subarray(0, 20)));
    return fragment;
  });
}

/** The same for IPv6: the IPv4 packet's payload, between its addresses mapped into IPv6, with a fragment header. */
export function fragmentIpv6(packet: Uint8Array, size: number, identification: number): Uint8Array[] {
  return cut(packet.subarray(20), size, (payload, offset, more) => {
    const fragment = new Uint8Array(48 + payload.length);
    const view = new DataView(fragment.buffer);
    view.setUint32(0, 0x6000_0000);
    view.setUint16(4, 8 + payload.length);
    fragment.set([44, 64], 6);
    for (const [from, to] of [
      [12, 8],
      [16, 24],
    ] as const) {
      fragment.set([0x20, 0x01, 0x0d, 0xb8], to);
      fragment.set(packet.subarray(from, from + 4), to + 12);
    }
    fragment[40] = packet[9]!;
    view.setUint16(42, offset | (more ? 1 : 0));
    view.setUint32(44, identification);
    fragment.set(payload, 48);
    return fragment;
  });
}

function cut(
  payload: Uint8Array,
  size: number,
  make: (payload: Uint8Array, offset: number, more: boolean) => Uint8Array,
): Uint8Array[] {
  const fragments: Uint8Array[] = [];
  for (let offset = 0; offset < payload.length; offset += size)
    fragments.push(make(payload.subarray(offset, offset + size), offset, offset + size < payload.length));
  return fragments;
}

function checksum(header: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < header.length; i += 2) sum += (header[i]! << 8) | header[i + 1]!;
  return ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
}
