/**
 * Whose output is reproduced: gopacket 1.1.17 came with Cilium v1.9, 1.5.0 with v1.19, 1.6.1 with v1.20. Their decoders differ
 * in places.
 */
export type GopacketVersion = "1.1.17" | "1.5.0" | "1.6.1";

/** A panic that would have stopped the Go process, or that gopacket's own recovery would have caught. `message` is Go's text. */
export class GoPanic extends Error {
  /** The part of the message that had been printed before it. */
  printed = "";

  constructor(message: string) {
    super(message);
    this.name = "GoPanic";
  }
}
