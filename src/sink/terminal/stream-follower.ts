import { type Redactor, type StreamRedaction, showMarks } from "../../analysis/redaction/index.ts";
import type { Connection, SocketEvent } from "../../model/index.ts";
import { escapeControl } from "../../wire/text/escape-control.ts";
import { hexDump } from "../../wire/text/hex-dump.ts";
import { Http2Watch } from "./http2-watch.ts";
import { isFromClient } from "./list/event-line.ts";
import type { Style } from "./style.ts";

export interface FollowerOptions {
  readonly mode: "text" | "hex" | "raw";
  readonly style: Style;
  /** Absent: nothing is redacted. */
  readonly redactor?: Redactor;
  readonly write: (text: string | Uint8Array) => void;
}

/**
 * Shows one connection's bytes in the order in which they moved: as text with `>` before what the client sent and `<` before
 * what the server did, in hexadecimal, or as they are.
 *
 * With a redactor they are looked at line by line, header lines as headers. HTTP/2's header blocks cannot be looked into this
 * way: of such a connection nothing more is shown then (`blind`).
 */
export class StreamFollower {
  readonly #options: FollowerOptions;
  readonly #pending: Record<"client" | "server", { bytes: Uint8Array; offset: number }> = {
    client: { bytes: new Uint8Array(0), offset: 0 },
    server: { bytes: new Uint8Array(0), offset: 0 },
  };
  readonly #watches: Partial<Record<"client" | "server", Http2Watch>> = {};
  /** Shown when it is clear that it is not HTTP/2. */
  #held: { readonly from: "client" | "server"; readonly data: Uint8Array; readonly offset: number }[] = [];
  #last: "client" | "server" | undefined;
  #blind = false;
  #seen = 0;

  readonly #redactions: Record<"client" | "server", StreamRedaction> | undefined;

  constructor(options: FollowerOptions) {
    const { redactor } = options;
    this.#options = options;
    this.#redactions = redactor && { client: redactor.stream(), server: redactor.stream() };
  }

  /** Bytes that were shown. */
  get seen(): number {
    return this.#seen;
  }

  /** It is HTTP/2, and nothing of it can be redacted. */
  get blind(): boolean {
    return this.#blind;
  }

  observe(event: SocketEvent): void {
    if (event.kind === "data") this.#look(event.connection, event.direction, event.data, event.offset);
    else if (event.kind === "gap" && this.#options.mode !== "raw") {
      this.#flushAll();
      this.#options.write(this.#options.style.yellow(`[${event.size ?? "some"} bytes are missing]\n`));
    } else if (event.kind === "close") this.end();
  }

  end(): void {
    if (this.#held.length > 0 && Object.values(this.#watches).some((watch) => watch.finish() === "http2"))
      this.#blind = true;
    this.#showHeld();
    if (!this.#blind) this.#flushAll();
  }

  /** With a redactor, nothing is shown of what may be HTTP/2. */
  #look(connection: Connection, direction: "read" | "write", data: Uint8Array, offset: number): void {
    const from = isFromClient(connection, direction) ? "client" : "server";
    if (this.#options.redactor !== undefined && !this.#blind) {
      this.#watches[from] ??= new Http2Watch(connection.opened === undefined || offset > 0);
      const verdict = this.#watches[from].push(data);
      if (verdict === "http2") this.#blind = true;
      if (verdict === "maybe" && !this.#blind) {
        this.#held.push({ from, data: new Uint8Array(data), offset });
        return;
      }
    }
    this.#showHeld();
    this.#data(from, data, offset);
  }

  #showHeld(): void {
    const held = this.#held;
    this.#held = [];
    for (const { from, data, offset } of held) this.#data(from, data, offset);
  }

  #data(from: "client" | "server", data: Uint8Array, offset: number): void {
    if (this.#blind) return;
    if (this.#last !== undefined && this.#last !== from) this.#flush(this.#last);
    this.#last = from;
    this.#seen += data.length;
    const pending = this.#pending[from];
    if (pending.bytes.length === 0) pending.offset = offset;
    pending.bytes = join(pending.bytes, data);
    const end = pending.bytes.lastIndexOf(0x0a) + 1;
    const ready = pending.bytes.length > MAX_LINE ? pending.bytes.length : end;
    this.#show(from, pending.bytes.subarray(0, ready), pending.offset);
    pending.bytes = pending.bytes.slice(ready);
    pending.offset += ready;
  }

  #flushAll(): void {
    this.#flush("client");
    this.#flush("server");
  }

  #flush(from: "client" | "server"): void {
    const pending = this.#pending[from];
    this.#show(from, pending.bytes, pending.offset);
    pending.offset += pending.bytes.length;
    pending.bytes = new Uint8Array(0);
  }

  #show(from: "client" | "server", bytes: Uint8Array, offset: number): void {
    if (bytes.length === 0) return;
    const { mode, style, write } = this.#options;
    const shown = this.#redactions?.[from].redact(bytes) ?? bytes;
    if (mode === "raw") {
      write(shown.slice());
      return;
    }
    const [mark, paint] = from === "client" ? [">", style.cyan] : ["<", style.green];
    const lines = mode === "hex" ? hexDump(shown, offset) : textLines(shown);
    write(lines.map((line) => `${paint(mark)} ${line}\n`).join(""));
  }
}

/** A line longer than this is shown in pieces. */
const MAX_LINE = 64 * 1024;

function textLines(bytes: Uint8Array): string[] {
  const text = new TextDecoder().decode(bytes).replace(/\r?\n$/, "");
  return text.split(/\r?\n/).map((line) => showMarks(escapeControl(line)));
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b.slice();
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
