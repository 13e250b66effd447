/** The numbers of pcapng (draft-ietf-opsawg-pcapng, section 4 and 3.5). */

export const BlockType = {
  SECTION_HEADER: 0x0a0d0d0a,
  INTERFACE_DESCRIPTION: 1,
  /** Obsolete, but still met. */
  PACKET: 2,
  SIMPLE_PACKET: 3,
  NAME_RESOLUTION: 4,
  INTERFACE_STATISTICS: 5,
  ENHANCED_PACKET: 6,
  DECRYPTION_SECRETS: 0x0a,
  CUSTOM: 0x0bad,
  /** A custom block that must not be copied into other files. */
  CUSTOM_NO_COPY: 0x40000bad,
} as const;

/** In the byte order of the section it opens. */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Option codes; those from 2 on mean something else in each block. */
export const OptionCode = {
  END: 0,
  COMMENT: 1,
  SHB_HARDWARE: 2,
  SHB_OS: 3,
  SHB_USER_APPLICATION: 4,
  IF_NAME: 2,
  IF_DESCRIPTION: 3,
  IF_TSRESOL: 9,
  IF_TSOFFSET: 14,
  EPB_FLAGS: 2,
} as const;

/** The kinds of secrets a Decryption Secrets Block holds. */
export const SecretsType = {
  /** An NSS key log, as SSLKEYLOGFILE has it: "TLSK". */
  TLS_KEY_LOG: 0x544c534b,
} as const;

/** `epb_flags`, bits 0 and 1. */
export const PacketFlags = { INBOUND: 1, OUTBOUND: 2, DIRECTION_MASK: 3 } as const;

/** `length` rounded up to the 32-bit boundary on which everything in the file stands. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}
