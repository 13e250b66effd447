import type { FrameHandler, LostHeaderBlock } from "../../src/wire/http2/index.ts";
import { nameErrorCode, nameFrameType } from "../../src/wire/http2/index.ts";

/** Writes down what a `FrameParser` reports, a line a report; the pieces of one DATA frame are put together. */
export class FrameRecorder implements FrameHandler {
  readonly lines: string[] = [];
  #data = "";

  started(by: string): void {
    this.lines.push(`started ${by}`);
  }

  data(_streamId: number, bytes: Uint8Array, start: number, end: number): void {
    this.#data += Buffer.from(bytes.subarray(start, end)).toString("latin1");
  }

  dataMissing(_streamId: number, size: number): void {
    this.#data += `<${size} missing>`;
  }

  dataEnd(streamId: number, endStream: boolean): void {
    this.lines.push(`DATA ${streamId} ${JSON.stringify(this.#data)}${endStream ? " end" : ""}`);
    this.#data = "";
  }

  headerBlock(
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    endStream: boolean,
    wireBytes: number,
  ): void {
    this.lines.push(`HEADERS ${streamId} ${hex(bytes, start, end)}${endStream ? " end" : ""} (${wireBytes})`);
  }

  pushPromise(
    streamId: number,
    promised: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    wireBytes: number,
  ): void {
    this.lines.push(`PUSH_PROMISE ${streamId} ${promised} ${hex(bytes, start, end)} (${wireBytes})`);
  }

  headerBlockLost(streamId: number, endStream: boolean, why: LostHeaderBlock): void {
    this.lines.push(`lost ${streamId} ${why}${endStream ? " end" : ""}`);
  }

  setting(setting: number, value: number): void {
    this.lines.push(`SETTINGS ${setting}=${value}`);
  }

  rstStream(streamId: number, errorCode: number): void {
    this.lines.push(`RST_STREAM ${streamId} ${nameErrorCode(errorCode)}`);
  }

  goaway(lastStreamId: number, errorCode: number): void {
    this.lines.push(`GOAWAY ${lastStreamId} ${nameErrorCode(errorCode)}`);
  }

  violation(errorCode: number, type: number, streamId: number): void {
    this.lines.push(`violation ${nameErrorCode(errorCode)} ${nameFrameType(type)} ${streamId}`);
  }

  synchronizationLost(): void {
    this.lines.push("synchronization lost");
    this.#data = "";
  }

  synchronized(skipped: number): void {
    this.lines.push(`synchronized after ${skipped}`);
  }
}

function hex(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString("hex");
}

/** A frame's bytes. The payload is hex, or text after `'`. */
export function frame(type: number, flags: number, streamId: number, payload = ""): Uint8Array {
  const content = payload.startsWith("'") ? Buffer.from(payload.slice(1), "latin1") : Buffer.from(payload, "hex");
  const bytes = new Uint8Array(9 + content.length);
  bytes.set([content.length >> 16, (content.length >> 8) & 255, content.length & 255, type, flags]);
  new DataView(bytes.buffer).setUint32(5, streamId);
  bytes.set(content, 9);
  return bytes;
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
