import type { ReassemblyLimits } from "./reassembly-limits.ts";

/** A stream's hole, from when it was noticed, or acknowledged, on: by packets of its connection, and by seconds of the capture. */
export class OpenHole {
  /** -1 when there is none. */
  #packets = -1;
  #seconds = 0;
  #offset = 0;
  #isAcknowledged = false;

  get isOpen(): boolean {
    return this.#packets >= 0;
  }

  /**
   * There is a hole at this position.
   * @param isAcknowledged its bytes came, and will not be sent again
   * @returns whether that is another one than before, or known only now
   */
  notice(offset: number, isAcknowledged: boolean, packets: number, seconds: number): boolean {
    if (this.isOpen && this.#offset === offset && this.#isAcknowledged === isAcknowledged) return false;
    this.#offset = offset;
    this.#isAcknowledged = isAcknowledged;
    this.#packets = packets;
    this.#seconds = seconds;
    return true;
  }

  /** It has been open for too long (`reassembly.holePackets` and the limits beside it). */
  isOver(limits: ReassemblyLimits, packets: number, seconds: number): boolean {
    const passed = packets - this.#packets;
    const elapsed = Math.abs(seconds - this.#seconds);
    return this.#isAcknowledged
      ? passed >= limits.acknowledgedHolePackets || elapsed > limits.acknowledgedHoleSeconds
      : passed >= limits.holePackets || elapsed > limits.holeSeconds;
  }

  close(): void {
    this.#packets = -1;
  }
}
