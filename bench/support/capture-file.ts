import { closeSync, openSync, writeSync } from "node:fs";
import type { Connection, SocketEvent, Timestamp } from "../../src/model/index.ts";
import { SyntheticConnection } from "../../src/wire/packet/index.ts";
import { PcapWriter } from "../../src/wire/pcap/index.ts";

const PIECE_BYTES = 4 * 1024 * 1024;

/** A pcap file that is made up, written in pieces: it may be larger than memory. Its packets are a microsecond apart. */
export class CaptureFile {
  readonly packets = new PcapWriter();
  readonly #descriptor: number;
  #written = 0;
  #micros = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, "w");
  }

  /** Bytes so far. */
  get size(): number {
    return this.#written + this.packets.pending;
  }

  /** Later by a microsecond each time. */
  nextTime(): Timestamp {
    const micros = this.#micros++;
    return { seconds: 1_700_000_000 + Math.floor(micros / 1e6), nanos: (micros % 1e6) * 1000 };
  }

  /** Writes what has gathered, where that is much. */
  flush(least = PIECE_BYTES): void {
    if (this.packets.pending < least) return;
    const piece = this.packets.take();
    for (let at = 0; at < piece.length; ) at += writeSync(this.#descriptor, piece, at);
    this.#written += piece.length;
  }

  close(): void {
    this.flush(0);
    closeSync(this.#descriptor);
  }
}

/** One connection in such a file, with its handshake; `read` is what the client sends. */
export class CapturedConnection {
  readonly #file: CaptureFile;
  readonly #packets: SyntheticConnection;
  readonly #connection: Connection;

  constructor(file: CaptureFile, number: number) {
    this.#file = file;
    this.#connection = createConnection(number);
    const { local, remote } = this.#connection;
    this.#packets = new SyntheticConnection(file.packets, local, remote, { handshake: true, role: "server" });
  }

  open(): void {
    this.#observe({ kind: "open" });
  }

  request(data: Uint8Array): void {
    this.#observe({ kind: "data", direction: "read", offset: 0, data });
  }

  response(data: Uint8Array): void {
    this.#observe({ kind: "data", direction: "write", offset: 0, data });
  }

  /** So much was sent and not captured. */
  lose(direction: "read" | "write", size: number): void {
    this.#observe({ kind: "gap", direction, offset: 0, size, reason: "lost-segment" });
  }

  close(): void {
    this.#observe({ kind: "close", how: "fin" });
  }

  #observe(event: object): void {
    this.#packets.observe({ connection: this.#connection, time: this.#file.nextTime(), ...event } as SocketEvent);
    this.#file.flush();
  }
}

/** Its client is told apart by address and port. */
export function createConnection(number: number): Connection {
  const host = Math.floor(number / 50_000);
  return {
    id: BigInt(number),
    transport: "tcp",
    local: { kind: "ip", address: "10.0.0.2", port: 80 },
    remote: {
      kind: "ip",
      address: `10.1.${(host >> 8) & 255}.${host & 255}`,
      port: 10_000 + (number % 50_000),
    },
    role: "server",
    opened: { seconds: 0, nanos: 0 },
  };
}
