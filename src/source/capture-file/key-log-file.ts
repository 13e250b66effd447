import { closeSync, openSync, readSync } from "node:fs";
import { describeReadError, TaplineError } from "../../model/index.ts";
import type { KeyLog } from "../../wire/tls/key-log.ts";

/** A key log file that may grow while it is read (SSLKEYLOGFILE): `poll` takes in what is new. */
export class KeyLogFile {
  readonly #keyLog: KeyLog;
  readonly #descriptor: number;
  readonly #buffer = Buffer.alloc(64 * 1024);

  /** @throws TaplineError (`input`) where it cannot be opened */
  constructor(path: string, keyLog: KeyLog) {
    this.#keyLog = keyLog;
    try {
      this.#descriptor = openSync(path, "r");
      this.poll();
    } catch (error) {
      throw new TaplineError("input", describeReadError(error), { place: { file: path }, cause: error });
    }
  }

  poll(): void {
    for (;;) {
      const size = readSync(this.#descriptor, this.#buffer, 0, this.#buffer.length, null);
      if (size === 0) {
        this.#keyLog.pause();
        return;
      }
      this.#keyLog.push(this.#buffer.toString("latin1", 0, size));
    }
  }

  close(): void {
    this.poll();
    this.#keyLog.end();
    closeSync(this.#descriptor);
  }
}
