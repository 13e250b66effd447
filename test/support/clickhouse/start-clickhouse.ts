import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findFreePorts, type StartedProgram, startProgram } from "../processes.ts";

const CHDB = join(
  process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
  "tapline/peers/chdb-3.4.0/node_modules/chdb",
);

/** Why there is no ClickHouse; undefined: there is one. */
export const noClickHouse: string | undefined = existsSync(CHDB)
  ? undefined
  : `missing: chdb in ${CHDB} (scripts/setup-tests)`;

/** A ClickHouse of today, with its data in a folder. */
export class ClickHouseServer {
  readonly port: number;
  readonly #folder: string;
  #program: StartedProgram | undefined;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.port = port;
  }

  static async start(folder: string): Promise<ClickHouseServer> {
    const [port] = await findFreePorts(1);
    const server = new ClickHouseServer(folder, port!);
    await server.start();
    return server;
  }

  /** Again, after `kill`. */
  async start(): Promise<void> {
    const script = join(import.meta.dirname, "serve-chdb.ts");
    const program = startProgram(process.execPath, [
      "--disable-warning=ExperimentalWarning",
      script,
      CHDB,
      this.#folder,
      String(this.port),
    ]);
    this.#program = program;
    for (let tries = 0; !program.output().includes("ready"); tries++) {
      if (program.child.exitCode !== null || tries > 1200) throw new Error(`no ClickHouse: ${program.output()}`);
      await delay(50);
    }
  }

  async kill(): Promise<void> {
    await this.#program?.stop("SIGKILL");
  }
}
