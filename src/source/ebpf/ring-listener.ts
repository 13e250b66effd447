import { RecordTranslator, type RecordTranslatorOptions } from "./events/record-translator.ts";
import type { WallTime } from "./events/wall-time.ts";
import { BpfMap } from "./loader/bpf-map.ts";
import { Control } from "./loader/control.ts";
import { KernelConnections } from "./loader/kernel-connections.ts";
import type { Libbpf } from "./loader/libbpf.ts";
import { RingReader } from "./loader/ring-reader.ts";
import { WaitingReader } from "./loader/waiting-reader.ts";

/** Everything that a thread needs to listen to a ring: descriptors of the process, and facts. May be sent to another thread. */
export interface RingPlace {
  readonly index: number;
  /** How many rings there are. */
  readonly count: number;
  readonly fd: number;
  readonly bytes: number;
  readonly controlFd: number;
  readonly connsFd: number;
  readonly lossesFd: number;
  /** The running kernel's names of drop reasons; empty where packets are not looked at. */
  readonly reasons: ReadonlyMap<number, string>;
}

export interface RingListenerOptions extends Omit<RecordTranslatorOptions, "nameDrop" | "clock" | "known" | "ids"> {
  readonly libbpf: Libbpf;
  readonly clock: WallTime;
  /** The clock is set after the system's now and then. Default false. */
  readonly adjustsClock?: boolean;
  /** Called after each batch of records. */
  readonly onBatch?: (() => void) | undefined;
}

const SWEEP_MILLIS = 1000;

/** Listens to one ring of the kernel's programs, in the thread that makes it, and tells what happened on the connections that are its. */
export class RingListener {
  readonly translator: RecordTranslator;
  readonly #control: Control;
  readonly #ring: RingReader;
  readonly #reader: WaitingReader;
  readonly #timer: NodeJS.Timeout;
  #isClosed = false;

  constructor(place: RingPlace, options: RingListenerOptions) {
    const { libbpf, clock, adjustsClock = false, onBatch } = options;
    const nameDrop = (reason: number): string => place.reasons.get(reason) ?? String(reason);
    const control = new Control(libbpf, place.controlFd);
    const known = new KernelConnections(
      new BpfMap(libbpf, place.connsFd),
      new BpfMap(libbpf, place.lossesFd),
      () => control.hasLost,
    );
    this.#control = control;
    this.translator = new RecordTranslator({
      ...options,
      nameDrop,
      known,
      ids: { first: BigInt(place.index + 1), step: BigInt(place.count) },
    });
    this.#ring = new RingReader(libbpf, place.fd, place.bytes);
    this.#reader = new WaitingReader(
      libbpf,
      this.#ring,
      (isPolling) => control.setPolling(place.index, isPolling),
      this.translator.take,
      () => {
        this.translator.settle();
        onBatch?.();
      },
    );
    this.#timer = setInterval(() => {
      if (adjustsClock) clock.adjust();
      this.translator.sweep();
    }, SWEEP_MILLIS);
    this.#timer.unref();
  }

  /** Handles what has been written to the ring so far. */
  drain(): void {
    this.#reader.drain();
  }

  /** Handles what is left. The programs are detached, and nothing more comes. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#reader.drain();
    this.#reader.close();
    this.translator.finish();
    this.#ring.close();
    this.#control.close();
  }
}
