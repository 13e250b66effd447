import type { DecodeOptions } from "../dissect/dissector.ts";

export const FLAG_IPV6 = 1;
/** v1.18 and later, as the two below. */
export const FLAG_L3_DEVICE = 2;
export const FLAG_VXLAN = 4;
export const FLAG_GENEVE = 8;

/** A message whose flags say what its packet begins with, and which tunnel it is in. */
export abstract class FlaggedNotify implements DecodeOptions {
  abstract flags: number;

  get isIPv6(): boolean {
    return (this.flags & FLAG_IPV6) !== 0;
  }

  get isL3Device(): boolean {
    return (this.flags & FLAG_L3_DEVICE) !== 0;
  }

  get isVXLAN(): boolean {
    return (this.flags & FLAG_VXLAN) !== 0;
  }

  get isGeneve(): boolean {
    return (this.flags & FLAG_GENEVE) !== 0;
  }
}
