import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

/** A command that runs, in a group of processes of its own. */
export class Running {
  readonly text: string;
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  readonly #closed: Promise<unknown>;

  constructor(text: string, cwd: string, env: NodeJS.ProcessEnv) {
    this.text = text;
    this.child = spawn("bash", ["-c", text], { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    this.child.stdout!.setEncoding("utf8").on("data", (part: string) => {
      if (this.stdout.length < MOST) this.stdout += part;
    });
    this.child.stderr!.setEncoding("utf8").on("data", (part: string) => {
      if (this.stderr.length < MOST) this.stderr += part;
    });
    this.#closed = once(this.child, "close");
  }

  get output(): string {
    return this.stdout + this.stderr;
  }

  get isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Its code when it ended by itself; after a minute it is killed. */
  async end(): Promise<number> {
    const timer = setTimeout(() => this.#kill("SIGKILL"), 60_000);
    await this.#closed;
    clearTimeout(timer);
    return this.child.exitCode ?? -1;
  }

  /** Ends it as ^C does. */
  async interrupt(): Promise<number> {
    this.#kill("SIGINT");
    const code = await this.end();
    return this.child.signalCode === "SIGINT" ? 130 : code;
  }

  /** Waits until `isSo`, it is over, or twenty seconds have passed. @returns whether it is so */
  async until(isSo: () => boolean): Promise<boolean> {
    for (let waited = 0; waited < 20_000 && !isSo(); waited += 25) {
      if (this.isOver) break;
      await delay(25);
    }
    return isSo();
  }

  #kill(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.child.pid!, signal);
    } catch {
      // It is over.
    }
  }
}

const MOST = 4 << 20;
