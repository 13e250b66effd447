import { execFileSync } from "node:child_process";
import { chownSync, closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A named pipe (0600, in a folder of its own) for SSLKEYLOGFILE: libraries that heed it write the secrets of their connections
 * there, and nothing of them reaches a disk. It is gone after `close`, and when the process ends.
 */
export class KeyLogPipe {
  readonly path: string;
  readonly #folder: string;
  readonly #socket: Socket;
  readonly #onExit = (): void => this.#remove();

  private constructor(folder: string, path: string, descriptor: number, push: (text: string) => void) {
    this.#folder = folder;
    this.path = path;
    this.#socket = new Socket({ fd: descriptor, readable: true, writable: false });
    this.#socket.setEncoding("utf8");
    this.#socket.on("data", (text: unknown) => push(String(text)));
    this.#socket.on("error", () => {});
    this.#socket.unref();
    process.on("exit", this.#onExit);
  }

  /**
   * Undefined where the system has no mkfifo.
   * @param owner who writes there
   */
  static open(
    owner: { readonly uid: number; readonly gid: number } | undefined,
    push: (text: string) => void,
  ): KeyLogPipe | undefined {
    const folder = mkdtempSync(join(tmpdir(), "tapline-keys-"));
    const path = join(folder, "keys");
    try {
      execFileSync("mkfifo", ["-m", "0600", path]);
      if (owner !== undefined) for (const one of [folder, path]) chownSync(one, owner.uid, owner.gid);
      // Open for both: nobody who writes waits for a reader, and it never ends.
      const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
      try {
        return new KeyLogPipe(folder, path, descriptor, push);
      } catch (error) {
        closeSync(descriptor);
        throw error;
      }
    } catch {
      rmSync(folder, { recursive: true, force: true });
      return undefined;
    }
  }

  close(): void {
    process.off("exit", this.#onExit);
    this.#socket.destroy();
    this.#remove();
  }

  #remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
