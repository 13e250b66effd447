import { createWriteStream, type WriteStream } from "node:fs";
import type { Person } from "./access.ts";

/** Who did what that is more than looking at lists: saw bodies, took copies, removed. One line of JSON each, in a file of mode 0600. */
export class AuditLog {
  readonly #stream: WriteStream | undefined;
  #failed = 0;

  /** @param path absent: nothing is kept */
  constructor(path: string | undefined) {
    if (path === undefined) return;
    this.#stream = createWriteStream(path, { flags: "a", mode: 0o600 });
    this.#stream.on("error", () => this.#failed++);
  }

  /** Lines that could not be written. */
  get failed(): number {
    return this.#failed;
  }

  /** Resolves when the line is written, or cannot be: who waits for it before showing anything shows nothing that is not on record. */
  note({ role, name }: Person, action: string, facts: Readonly<Record<string, unknown>>): Promise<void> {
    const line = `${JSON.stringify({ time: new Date().toISOString(), who: name, role, action, ...facts })}\n`;
    return new Promise((resolve) =>
      this.#stream === undefined ? resolve() : this.#stream.write(line, () => resolve()),
    );
  }

  close(): Promise<void> {
    return new Promise((resolve) => (this.#stream === undefined ? resolve() : this.#stream.end(() => resolve())));
  }
}
