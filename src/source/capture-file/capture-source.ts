import type {
  PacketReassembler,
  PacketReassemblerOptions,
  ReassemblyCounters,
  ReassemblyLimits,
} from "../../analysis/reassembly/index.ts";
import { type Connection, Ledger, type MemoryBudget, type SocketObserver, type Timestamp } from "../../model/index.ts";
import {
  type CaptureDamage,
  type CapturedPacket,
  type CaptureFormat,
  type CaptureHandler,
  type CaptureLimits,
  createCaptureReader,
  detectCaptureFormat,
  SecretsType,
} from "../../wire/pcap/index.ts";
import { createReassembler, describeUnknown } from "./capture-reassembler.ts";
import { type Input, type OpenInputOptions, openInput } from "./input.ts";

export interface CaptureSourceOptions {
  /** Gets what the packets say of connections. */
  readonly observer: SocketObserver;
  /** Gets the books `file-bytes`, `packets` and `packet-bytes`. */
  readonly ledger?: Ledger;
  readonly budget?: MemoryBudget;
  readonly captureLimits?: Partial<CaptureLimits>;
  readonly reassemblyLimits?: Partial<ReassemblyLimits>;
  /**
   * Called with each packet when its connection's events have been told; `connection` is undefined for what is not TCP. The
   * packet is borrowed: whoever keeps it, to write it to a file maybe, copies it.
   */
  readonly packet?: (packet: CapturedPacket, connection: Connection | undefined) => void;
  /** See `PacketReassemblerOptions`. */
  readonly fragments?: PacketReassemblerOptions["fragments"];
  /** An NSS key log of the file's Decryption Secrets Blocks; borrowed. It comes before the packets that it decrypts. */
  readonly tlsSecrets?: (keyLog: Uint8Array) => void;
  /** Anything else in the file: interfaces, names, statistics, damage. */
  readonly handler?: Omit<CaptureHandler, "packet" | "secrets">;
  /** Called after each chunk: what it gives is waited for before more is read. */
  readonly drain?: () => Promise<void> | undefined;
  /** Whether so much came of it that `drain` should be waited for before more does. */
  readonly isFull?: () => boolean;
  /** Ends the reading early, as if the file ended there. */
  readonly signal?: AbortSignal;
}

/** Summary of a capture file. */
export interface CaptureSummary {
  readonly format: CaptureFormat;
  readonly packets: number;
  /** The times of the first and the last packet. */
  readonly first?: Timestamp;
  readonly last?: Timestamp;
  /** Places in the file that were damaged; each went to `handler.damage`. */
  readonly damages: number;
  /** Packets that the capturing machine says it lost. */
  readonly droppedByCapture: number;
  readonly counters: Readonly<ReassemblyCounters>;
}

/**
 * Opens a pcap or pcapng file (packed with gzip or not), or stdin for `-`, and reads it to its end: see `readCapture`.
 * @throws TaplineError (`input`) where it cannot be read or is no capture
 */
export async function openCapture(
  path: string,
  options: CaptureSourceOptions & OpenInputOptions,
): Promise<CaptureSummary> {
  const input = await openInput(path, options);
  try {
    return await readCapture(input, options);
  } finally {
    await input.close();
  }
}

/**
 * Reads a capture into socket events, as its bytes come: of a live pipe every packet is looked at when it is there. At the
 * end every connection is closed. Damage is reported and passed over.
 * @throws TaplineError (`input`) where it cannot be read or is no capture
 */
export async function readCapture(input: Input, options: CaptureSourceOptions): Promise<CaptureSummary> {
  const format = detectCaptureFormat(input.head);
  if (format === undefined) throw describeUnknown(input);
  const ledger = options.ledger ?? new Ledger();
  const { signal } = options;
  const reassembler = createReassembler(options, ledger);
  reassembler.source = input.name;
  const recorder = new CaptureRecorder(reassembler, options);
  const reader = createCaptureReader(format, recorder, ledger.book("file-bytes"), options.captureLimits);
  const abort = () => void input.close();
  signal?.addEventListener("abort", abort, { once: true });
  let isStopped = false;
  try {
    for await (const chunk of input.chunks()) {
      // In slices, so that an output that has enough for now is not given the whole chunk.
      for (let at = 0; at < chunk.length && signal?.aborted !== true; at += SLICE_BYTES) {
        reader.push(chunk.subarray(at, at + SLICE_BYTES));
        if (options.isFull?.() === true) await options.drain?.();
      }
      reassembler.settle();
      if (signal?.aborted === true) break;
      const full = options.drain?.();
      if (full !== undefined) await full;
    }
  } catch (error) {
    // That is told: the capture itself need not end in the middle of a record.
    isStopped = true;
    if (signal?.aborted !== true) throw error;
  } finally {
    // Whatever happened to the input, what came of it is told.
    signal?.removeEventListener("abort", abort);
    reader.end(isStopped || signal?.aborted === true);
    reassembler.finish();
  }
  return recorder.summarise(format);
}

/** A few hundred bytes of a capture may become megabytes of output. */
const SLICE_BYTES = 8 * 1024;

/** Passes on what the file holds, and keeps count. */
class CaptureRecorder implements CaptureHandler {
  readonly #reassembler: PacketReassembler;
  readonly #options: CaptureSourceOptions;
  #packets = 0;
  #damages = 0;
  #first: Timestamp | undefined;
  #lastSeconds = 0;
  #lastNanos = 0;
  readonly #dropped = new Map<number, number>();
  readonly interface: NonNullable<CaptureHandler["interface"]>;
  readonly name: NonNullable<CaptureHandler["name"]>;

  constructor(reassembler: PacketReassembler, options: CaptureSourceOptions) {
    this.#reassembler = reassembler;
    this.#options = options;
    this.interface = (description) => options.handler?.interface?.(description);
    this.name = (address, name) => options.handler?.name?.(address, name);
  }

  packet(packet: CapturedPacket): void {
    this.#packets++;
    if (packet.hasTime) this.#first ??= packet.time;
    this.#lastSeconds = packet.seconds;
    this.#lastNanos = packet.nanos;
    const connection = this.#reassembler.push(packet);
    this.#options.packet?.(packet, connection);
  }

  secrets(type: number, bytes: Uint8Array): void {
    if (type === SecretsType.TLS_KEY_LOG) this.#options.tlsSecrets?.(bytes);
  }

  statistics(...[description, statistics]: Parameters<NonNullable<CaptureHandler["statistics"]>>): void {
    // Each block tells of all since the capture began.
    if (statistics.dropped !== undefined) this.#dropped.set(description.id, statistics.dropped);
    this.#options.handler?.statistics?.(description, statistics);
  }

  damage(damage: CaptureDamage): void {
    this.#damages++;
    this.#options.handler?.damage?.(damage);
  }

  summarise(format: CaptureFormat): CaptureSummary {
    const first = this.#first;
    return {
      format,
      packets: this.#packets,
      ...(first === undefined ? {} : { first, last: { seconds: this.#lastSeconds, nanos: this.#lastNanos } }),
      damages: this.#damages,
      droppedByCapture: [...this.#dropped.values()].reduce((sum, dropped) => sum + dropped, 0),
      counters: this.#reassembler.counters,
    };
  }
}
