import type { PacketReassembler } from "../../analysis/reassembly/index.ts";
import type { Ledger } from "../../model/index.ts";
import {
  type CaptureDamage,
  CapturedPacket,
  type CaptureHandler,
  createCaptureReader,
  detectCaptureFormat,
  type RecordReader,
  SecretsType,
} from "../../wire/pcap/index.ts";
import { describeUnknown } from "./capture-reassembler.ts";
import type { CaptureSourceOptions } from "./capture-source.ts";
import { type Input, openInput } from "./input.ts";

export interface CaptureSetOptions extends Omit<CaptureSourceOptions, "handler"> {
  /** Told what is wrong with one of the files. */
  readonly damage?: (path: string, damage: CaptureDamage) => void;
}

/** The time of a packet. */
export interface Moment {
  readonly seconds: number;
  readonly nanos: number;
}

export function compareMoments(one: Moment, other: Moment): number {
  return one.seconds - other.seconds || one.nanos - other.nanos;
}

/**
 * The time that a capture begins at; that of its second packet where that is earlier, since one time may be damaged.
 * @throws TaplineError (`input`)
 */
export async function peekFirstMoment(path: string): Promise<Moment> {
  const input = await openInput(path);
  const moments: Moment[] = [];
  try {
    const format = detectCaptureFormat(input.head);
    if (format === undefined) throw describeUnknown(input);
    const reader = createCaptureReader(format, {
      packet: ({ seconds, nanos }) => void (moments.length < 2 && moments.push({ seconds, nanos })),
    });
    for await (const chunk of input.chunks())
      for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
        reader.push(chunk.subarray(at, at + SLICE_BYTES));
        if (moments.length === 2) return earliest(moments);
      }
    return earliest(moments);
  } finally {
    await input.close();
  }
}

/** One without packets comes first: it may hold secrets. */
function earliest(moments: readonly Moment[]): Moment {
  return moments.toSorted(compareMoments)[0] ?? { seconds: Number.NEGATIVE_INFINITY, nanos: 0 };
}

/** A file of several that are one capture, and how far it was read. */
export class SetMember implements CaptureHandler {
  readonly #path: string;
  readonly #first: Moment;
  readonly #input: Input;
  readonly #chunks: AsyncGenerator<Uint8Array>;
  readonly #reassembler: PacketReassembler;
  readonly #options: CaptureSetOptions;
  readonly #reader: RecordReader;
  #chunk = NO_BYTES;
  #at = 0;
  /** The file was read to its end. */
  #isRead = false;
  /** Packets that are not due yet. */
  #held: CapturedPacket[] = [];
  /** Packets up to this moment are due; undefined: all are. */
  #horizon: Moment | undefined = { seconds: Number.NEGATIVE_INFINITY, nanos: 0 };

  private constructor(
    input: Input,
    first: Moment,
    reassembler: PacketReassembler,
    ledger: Ledger,
    options: CaptureSetOptions,
  ) {
    const format = detectCaptureFormat(input.head);
    if (format === undefined) throw describeUnknown(input);
    this.#path = input.name;
    this.#first = first;
    this.#input = input;
    this.#chunks = input.chunks();
    this.#reassembler = reassembler;
    this.#options = options;
    this.#reader = createCaptureReader(format, this, ledger.book("file-bytes"), options.captureLimits);
  }

  static async open(
    path: string,
    first: Moment,
    reassembler: PacketReassembler,
    ledger: Ledger,
    options: CaptureSetOptions,
  ): Promise<SetMember> {
    return new SetMember(await openInput(path), first, reassembler, ledger, options);
  }

  /** When its next packet is due. One time that is far ahead of the next packet's is wrong. */
  get next(): Moment {
    const [one, other] = this.#held;
    if (one === undefined) return this.#first;
    return other === undefined || compareMoments(one, other) <= 0 ? one : other;
  }

  get isOver(): boolean {
    return this.#isRead && this.#held.length === 0;
  }

  /** Hands on what is due up to that moment, and reads until it is known what is due next. */
  async advance(horizon: Moment | undefined): Promise<void> {
    this.#horizon = horizon;
    this.#handOnDue();
    const { signal } = this.#options;
    while (!this.#isRead && this.#held.length < 2 && signal?.aborted !== true) await this.#readSlice();
    if (this.#isRead) this.#handOnDue();
  }

  async close(): Promise<void> {
    if (!this.#isRead) this.#reader.end(this.#options.signal?.aborted === true);
    this.#isRead = true;
    await this.#input.close();
  }

  packet(packet: CapturedPacket): void {
    if (this.#held.length === 0 && this.#isDue(packet)) this.#handOn(packet);
    else {
      this.#held.push(copyPacket(packet));
      this.#handOnDue();
    }
  }

  secrets(type: number, bytes: Uint8Array): void {
    if (type === SecretsType.TLS_KEY_LOG) this.#options.tlsSecrets?.(bytes);
  }

  damage(damage: CaptureDamage): void {
    this.#options.damage?.(this.#path, damage);
  }

  async #readSlice(): Promise<void> {
    const { isFull, drain } = this.#options;
    if (this.#at >= this.#chunk.length) {
      this.#reassembler.settle();
      await drain?.();
      const { value, done } = await this.#chunks.next();
      if (done === true) {
        this.#isRead = true;
        this.#reader.end(false);
        return;
      }
      this.#chunk = value;
      this.#at = 0;
    }
    this.#reader.push(this.#chunk.subarray(this.#at, this.#at + SLICE_BYTES));
    this.#at += SLICE_BYTES;
    if (isFull?.() === true) await drain?.();
  }

  #isDue(moment: Moment): boolean {
    return this.#horizon === undefined || compareMoments(moment, this.#horizon) <= 0;
  }

  #handOnDue(): void {
    let due = 0;
    while (due < this.#held.length) {
      const one = this.#held[due]!;
      const other = this.#held[due + 1];
      if (!this.#isDue(one) && (other === undefined || !this.#isDue(other))) break;
      this.#handOn(one);
      due++;
    }
    if (due > 0) this.#held = this.#held.slice(due);
  }

  #handOn(packet: CapturedPacket): void {
    this.#reassembler.source = this.#path;
    const connection = this.#reassembler.push(packet);
    this.#options.packet?.(packet, connection);
  }
}

function copyPacket(packet: CapturedPacket): CapturedPacket {
  const { bytes, start, end, optionsStart, optionsEnd } = packet;
  const hasOptions = optionsEnd > optionsStart;
  const from = hasOptions ? Math.min(start, optionsStart) : start;
  const copy = Object.assign(new CapturedPacket(), packet);
  copy.bytes = bytes.slice(from, hasOptions ? Math.max(end, optionsEnd) : end);
  copy.start = start - from;
  copy.end = end - from;
  copy.optionsStart = hasOptions ? optionsStart - from : 0;
  copy.optionsEnd = hasOptions ? optionsEnd - from : 0;
  return copy;
}

const SLICE_BYTES = 8 * 1024;
const NO_BYTES: Uint8Array = new Uint8Array(0);
