import type { Direction, LedgerReason, SocketClosed, Timestamp } from "../../model/index.ts";
import { isCutOff } from "../cut-off.ts";
import { OpaqueStream } from "../opaque/opaque-stream.ts";
import {
  type AnalysisContext,
  assignSender,
  type ProtocolAnalyzer,
  reverseRole,
  senderOf,
} from "../protocol-analyzer.ts";
import type { DetectionSample, ProtocolDetector } from "../protocol-detector.ts";
import { DirectionSample, NO_BYTES } from "./direction-sample.ts";
import { HeldEvents } from "./held-events.ts";

/**
 * Finds out by content which protocol a connection (or the inside of a tunnel) speaks, then passes everything on to that
 * protocol's analyzer.
 *
 *     undecided ──a detector says yes──▶ recognised: what was held back is replayed, the rest goes straight through
 *         │                                  ▲
 *         └──all say no, or too much held──▶ opaque: counted as one `tcp` exchange; what a side says next is looked at again
 *
 * The other side need not speak the same: a server of HTTP/2 gets a request of HTTP/1, a client's TLS is answered `400` in plain.
 * What begins as another protocol in the direction of which nothing was seen yet gets an analyzer of its own (`#apart`).
 */
export class DetectingAnalyzer implements ProtocolAnalyzer {
  readonly #context: AnalysisContext;
  readonly #detectors: readonly ProtocolDetector[];
  #recognised: ProtocolAnalyzer | undefined;
  /** Whose analyzer `#recognised` is. */
  #detector: ProtocolDetector | undefined;
  /** The direction that has yet to show that it speaks the recognised protocol. */
  #unproven: Direction | undefined;
  #apart: { readonly direction: Direction; readonly analyzer: ProtocolAnalyzer } | undefined;
  #opaque: OpaqueStream | undefined;
  /** Who sent last in an opaque connection; undefined: something is missing since. */
  #lastSender: Direction | undefined;
  readonly #held: HeldEvents;
  readonly #samples: Record<Direction, DirectionSample> = {
    read: new DirectionSample(),
    write: new DirectionSample(),
  };

  constructor(context: AnalysisContext, detectors: readonly ProtocolDetector[]) {
    this.#context = context;
    this.#detectors = detectors;
    this.#held = new HeldEvents(context.budget);
  }

  push(direction: Direction, data: Uint8Array, offset: number, time: Timestamp): void {
    if (direction === this.#unproven) this.#pushUnproven(direction, data, offset, time);
    else if (this.#recognised !== undefined) this.#analyzerOf(direction)!.push(direction, data, offset, time);
    else if (this.#opaque !== undefined) this.#pushOpaque(direction, data, offset, time);
    else {
      // Cut where the sample is full, so that it does not matter how it was cut before.
      const room = this.#context.limits.detectionBytes - this.#samples[direction].size;
      if (data.length <= room || room <= 0) this.#pushUndecided(direction, data, offset, time);
      else {
        this.#pushUndecided(direction, data.subarray(0, room), offset, time);
        this.push(direction, data.subarray(room), offset + room, time);
      }
    }
  }

  gap(direction: Direction, size: number | undefined, time: Timestamp, reason: LedgerReason): void {
    if (direction === this.#unproven) this.#takeAsRecognised();
    if (this.#recognised === undefined && this.#opaque === undefined && isCutOff(reason)) this.#detectCut(direction);
    if (this.#recognised !== undefined) this.#analyzerOf(direction)!.gap(direction, size, time, reason);
    else if (this.#opaque !== undefined) {
      this.#giveUpTurn();
      this.#lastSender = undefined;
      this.#opaque.gap(direction, size, time);
    } else {
      this.#samples[direction].interrupt();
      if (!this.#held.tryKeepGap(direction, size, time, reason)) {
        this.#becomeOpaque();
        this.#opaque!.gap(direction, size, time);
      }
    }
  }

  end(direction: Direction, time: Timestamp): void {
    if (direction === this.#unproven) this.#takeAsRecognised();
    if (this.#recognised !== undefined) this.#analyzerOf(direction)!.end(direction, time);
    else if (this.#opaque !== undefined) {
      this.#giveUpTurn();
      this.#opaque.end(direction, time);
    } else this.#held.keepEnd(direction, time);
  }

  close(time: Timestamp, how: SocketClosed["how"]): void {
    if (this.#recognised === undefined && this.#opaque === undefined) this.#becomeOpaque();
    if (this.#unproven !== undefined) this.#takeAsRecognised();
    if (this.#recognised === undefined) this.#giveUpTurn();
    (this.#recognised ?? this.#opaque)!.close(time, how);
    this.#apart?.analyzer.close(time, how);
  }

  #analyzerOf(direction: Direction): ProtocolAnalyzer | undefined {
    return this.#apart?.direction === direction ? this.#apart.analyzer : this.#recognised;
  }

  #pushUndecided(direction: Direction, data: Uint8Array, offset: number, time: Timestamp): void {
    const sample = this.#samples[direction];
    const wasHopeless = sample.hopeless;
    if (sample.size === 0 && (offset > 0 || this.#context.midStream)) sample.interrupt();
    const seen = sample.size === 0 ? data : sample.with(data);
    if (this.#detect({ data: seen, direction, fromStart: sample.fromStart, memory: sample }, sample)) {
      this.#recognised!.push(direction, data, offset, time);
      return;
    }
    if (
      sample.size + data.length > this.#context.limits.detectionBytes ||
      !this.#held.tryKeepData(direction, data, offset, time)
    ) {
      this.#becomeOpaque(direction);
      this.#pushOpaque(direction, data, offset, time);
      return;
    }
    sample.keep(seen, data.length);
    if (!sample.hopeless) return;
    const opposite = direction === "read" ? "write" : "read";
    const other = this.#samples[opposite];
    // An answer in the middle of what may begin there tells against it.
    if (!wasHopeless && !other.hopeless && other.size > 0) {
      const { fromStart } = other;
      if (this.#detect({ data: other.with(NO_BYTES), direction: opposite, fromStart, memory: other }, other)) return;
    }
    if (other.hopeless || other.size === 0) this.#becomeOpaque(direction);
  }

  /** The first bytes of the other direction, once the protocol is recognised: held while they may begin another one. */
  #pushUnproven(direction: Direction, data: Uint8Array, offset: number, time: Timestamp): void {
    const sample = this.#samples[direction];
    const seen = sample.size === 0 ? data : sample.with(data);
    const verdict =
      offset > sample.size ? "same" : this.#compare({ data: seen, direction, fromStart: true, memory: sample });
    if (
      verdict === "more" &&
      sample.size + data.length <= this.#context.limits.detectionBytes &&
      this.#held.tryKeepData(direction, data, offset, time)
    ) {
      sample.keep(seen, data.length);
      return;
    }
    this.#takeAsRecognised();
    this.#analyzerOf(direction)!.push(direction, data, offset, time);
  }

  /** Whether what begins there is the recognised protocol too; where it is surely another, sets that apart. */
  #compare(seen: Seen): "same" | "other" | "more" {
    const asked = this.#ask(seen);
    if (this.#detector!.detect(asked).verdict !== "no") return "same";
    let result: "same" | "more" = "same";
    for (const detector of this.#detectors) {
      const { verdict } = detector.detect(asked);
      if (verdict === "more") result = "more";
      if (verdict !== "yes") continue;
      this.#apart = { direction: seen.direction, analyzer: detector.create(this.#context) };
      return "other";
    }
    return result;
  }

  #takeAsRecognised(): void {
    const direction = this.#unproven!;
    this.#unproven = undefined;
    this.#replay(this.#analyzerOf(direction)!);
  }

  /** Something may yet begin in an opaque connection (STARTTLS, or the next message where the first was missed). */
  #pushOpaque(direction: Direction, data: Uint8Array, offset: number, time: Timestamp): void {
    if (this.#context.midStream) this.#searchOpaque(direction, data, offset, time);
    else if (this.#detectTurn(direction, data, offset, time)) {
      this.#opaque!.close(time, "unknown");
      this.#opaque = undefined;
      this.#recognised!.push(direction, data, offset, time);
    } else if (this.#held.isEmpty) this.#opaque!.push(direction, data, time);
  }

  /** Joined late, a message may begin anywhere: as much is held and looked at together as before the connection became opaque. */
  #searchOpaque(direction: Direction, data: Uint8Array, offset: number, time: Timestamp): void {
    const sample = this.#samples[direction];
    const { detectionBytes } = this.#context.limits;
    for (let at = 0; at < data.length; ) {
      const piece = data.subarray(at, at + Math.max(1, detectionBytes - sample.size));
      const seen = sample.size === 0 ? piece : sample.with(piece);
      if (this.#detect({ data: seen, direction, fromStart: false, memory: sample }, sample)) {
        this.#opaque!.discard();
        this.#opaque = undefined;
        this.#recognised!.push(direction, data.subarray(at), offset + at, time);
        return;
      }
      if (this.#held.tryKeepData(direction, piece, offset + at, time)) {
        sample.keep(seen, piece.length);
        if (sample.size >= detectionBytes) this.#giveUpTurn();
      } else {
        this.#giveUpTurn();
        this.#opaque!.push(direction, piece, time);
      }
      at += piece.length;
    }
  }

  /**
   * Another protocol begins where a side starts to speak after the other, or after a hole: not wherever a chunk does, which is by chance.
   * What may begin one is held.
   */
  #detectTurn(direction: Direction, data: Uint8Array, offset: number, time: Timestamp): boolean {
    const sample = this.#samples[direction];
    if (this.#lastSender !== direction) {
      this.#giveUpTurn();
      sample.restart();
      this.#lastSender = direction;
    }
    if (sample.hopeless) {
      this.#giveUpTurn();
      return false;
    }
    const seen = sample.size === 0 ? data : sample.with(data);
    if (this.#detect({ data: seen, direction, fromStart: true, memory: sample }, sample)) return true;
    const size = sample.size + data.length;
    if (
      sample.hopeless ||
      size > this.#context.limits.detectionBytes ||
      !this.#held.tryKeepData(direction, data, offset, time)
    )
      this.#giveUpTurn();
    else sample.keep(seen, data.length);
    return false;
  }

  /** Nothing begins in what is held of an opaque connection, nor before a side starts to speak again. */
  #giveUpTurn(): void {
    if (!this.#held.isEmpty) this.#replay(this.#opaque!);
    this.#samples.read.giveUp();
    this.#samples.write.giveUp();
  }

  /** The tap cut what was held back of that direction: it has to be recognised by what there is. */
  #detectCut(direction: Direction): void {
    const sample = this.#samples[direction];
    if (sample.size === 0) return;
    this.#detect({ data: sample.with(NO_BYTES), direction, fromStart: sample.fromStart, isCut: true }, sample);
  }

  /** Asks every detector; with the first yes the protocol is decided and what was held back is replayed. */
  #detect(seen: Seen, sample: DirectionSample | undefined): boolean {
    let hopeless = true;
    const asked = this.#ask(seen);
    for (const detector of this.#detectors) {
      const { verdict, sender, reversesRole } = detector.detect(asked);
      if (verdict === "more") hopeless = false;
      if (verdict !== "yes") continue;
      if (reversesRole === true && this.#mayReverse(seen.direction)) reverseRole(this.#context.connection);
      if (sender !== undefined) assignSender(this.#context.connection, seen.direction, sender);
      this.#recognised = detector.create(this.#context);
      this.#detector = detector;
      const other = seen.direction === "read" ? "write" : "read";
      const isOtherUnseen = this.#opaque === undefined && !this.#held.has(other);
      if (isOtherUnseen && seen.fromStart && detector.isOneSided !== true) this.#unproven = other;
      this.#replay(this.#recognised);
      return true;
    }
    if (sample !== undefined) sample.hopeless = hopeless;
    return false;
  }

  #ask(seen: Seen): DetectionSample {
    const { connection } = this.#context;
    const { data, direction, fromStart, memory, isCut } = seen;
    const { transport } = connection;
    const sender = senderOf(connection, direction);
    const opposite = this.#samples[direction === "read" ? "write" : "read"];
    const other = opposite.fromStart ? opposite.bytes : NO_BYTES;
    return { data, direction, fromStart, memory, isCut, sender, transport, other };
  }

  /** Nothing was sent by the other side: it is the one that is asked. */
  #mayReverse(direction: Direction): boolean {
    return this.#opaque === undefined && !this.#held.hasData(direction === "read" ? "write" : "read");
  }

  #becomeOpaque(sender?: Direction): void {
    this.#opaque = new OpaqueStream(this.#context);
    this.#lastSender = sender;
    this.#replay(this.#opaque);
    this.#giveUpTurn();
  }

  #replay(to: ProtocolAnalyzer | OpaqueStream): void {
    this.#held.replay(to);
    this.#samples.read.drop();
    this.#samples.write.drop();
  }
}

type Seen = Pick<DetectionSample, "data" | "direction" | "fromStart" | "memory" | "isCut">;
