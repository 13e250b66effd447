/**
 * Whether a protocol looks into the datagram, whose payload is `bytes[start, end)`: told by its content, with the ports and
 * whether it is sent to a group (RFC 5771, RFC 4291 §2.7) as further evidence. Asked of every datagram, so that what nobody looks into takes no memory.
 */
export type DatagramClaim = (
  bytes: Uint8Array,
  start: number,
  end: number,
  sourcePort: number,
  destinationPort: number,
  isMulticast: boolean,
) => boolean;
