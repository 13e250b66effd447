import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type Ledger, TaplineError } from "../../model/index.ts";
import { makeFolder } from "../../source/make-folder.ts";
import { openExclusively } from "../open-exclusively.ts";

/** A batch that lies in the spool. */
export interface SpooledBatch {
  readonly sequence: bigint;
  readonly documents: number;
  readonly bytes: number;
}

/** Bytes of all batches together, unless it is said. */
export const SPOOL_BYTES: number = 1024 ** 3;

/**
 * Keeps batches in files (0600) of a folder until they are acknowledged: a run that ends, or is killed, leaves them to the next one, which
 * goes on under the same name and with the same numbers, so that nothing is kept twice. One process at a time uses a folder.
 */
export class BatchSpool {
  /** Names the sender: as the run before did, where that left something. */
  readonly sender: string;
  /** The batches that an earlier run left, in their order. */
  readonly left: readonly SpooledBatch[];
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #lock: string;
  #bytes = 0;

  /** @param name of a new sender @throws TaplineError (`output`) where the folder cannot be used, or another process uses it */
  constructor(folder: string, name: string, maxBytes: number = SPOOL_BYTES) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#lock = join(folder, "lock");
    try {
      makeFolder(folder);
      lockFile(this.#lock);
      this.left = listBatches(folder);
      this.sender = this.left.length === 0 ? name : readFileSync(join(folder, SENDER), "utf8");
      if (this.left.length === 0) writeFileSync(join(folder, SENDER), name, { mode: 0o600 });
    } catch (cause) {
      if (cause instanceof TaplineError) throw cause;
      throw new TaplineError("output", `the spool cannot be used: ${(cause as Error).message}`, {
        place: { file: folder },
        cause,
      });
    }
    for (const { bytes } of this.left) this.#bytes += bytes;
  }

  /** Counts the batches that are missing between those that were left (`spooled-batches`), and tells of them: nobody knows what was in them. */
  bookMissing(ledger: Ledger, tell?: (text: string) => void): void {
    const [first, last, count] = [this.left[0], this.left.at(-1), this.left.length];
    const missing = first === undefined ? 0 : Number(last!.sequence - first.sequence) + 1 - count;
    if (missing === 0) return;
    const book = ledger.book("spooled-batches");
    book.enter(count + missing);
    book.settleHandled(count);
    book.settleDropped("missing", missing);
    tell?.(`${missing} batches are missing in the spool: nobody knows what was in them`);
  }

  /** Whether it is on disk; not, where there is no room. */
  store(batch: SpooledBatch, content: Uint8Array): boolean {
    if (this.#bytes + content.length > this.#maxBytes) return false;
    const path = this.#pathOf(batch);
    try {
      writeWhole(`${path}.part`, content);
      renameSync(`${path}.part`, path);
    } catch {
      rmSync(`${path}.part`, { force: true });
      return false;
    }
    this.#bytes += content.length;
    return true;
  }

  /** @throws the system's error */
  load(batch: SpooledBatch): Uint8Array {
    return readFileSync(this.#pathOf(batch));
  }

  /** Whether its file is there, as long as it was written. */
  isWhole(batch: SpooledBatch): boolean {
    return statSync(this.#pathOf(batch), { throwIfNoEntry: false })?.size === batch.bytes;
  }

  remove(batch: SpooledBatch): void {
    rmSync(this.#pathOf(batch), { force: true });
    this.#bytes -= batch.bytes;
  }

  /** Leaves it for people, under a name that no run looks for: it will never be taken. */
  putAside(batch: SpooledBatch): void {
    const path = this.#pathOf(batch);
    try {
      renameSync(path, `${path}.refused`);
    } catch {
      // It is gone, or its folder.
    }
    this.#bytes -= batch.bytes;
  }

  close(): void {
    rmSync(this.#lock, { force: true });
  }

  #pathOf({ sequence, documents }: SpooledBatch): string {
    return join(this.#folder, `${String(sequence).padStart(15, "0")}-${documents}.ndjson`);
  }
}

const SENDER = "sender";
const BATCH = /^(\d{15,})-(\d{1,9})\.ndjson$/;

function listBatches(folder: string): SpooledBatch[] {
  const batches: SpooledBatch[] = [];
  for (const name of readdirSync(folder)) {
    const match = BATCH.exec(name);
    // Half of a batch, of a process that was killed while it wrote: it was acknowledged to nobody.
    if (name.endsWith(".part")) rmSync(join(folder, name), { force: true });
    if (match === null) continue;
    const { size } = statSync(join(folder, name));
    batches.push({ sequence: BigInt(match[1]!), documents: Number(match[2]), bytes: size });
  }
  return batches.sort((a, b) => (a.sequence < b.sequence ? -1 : 1));
}

function writeWhole(path: string, content: Uint8Array): void {
  const file = openExclusively(path);
  try {
    for (let at = 0; at < content.length; ) at += writeSync(file, content, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Has the process's number in it: a lock whose process is gone is taken over. */
function lockFile(path: string): void {
  for (let attempt = 0; ; attempt++) {
    try {
      const file = openSync(path, "wx", 0o600);
      writeSync(file, String(process.pid));
      closeSync(file);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt > 2) throw error;
    }
    const pid = Number(readFileSync(path, "utf8"));
    if (isRunning(pid))
      throw new TaplineError("output", `the spool is in use by process ${pid}`, {
        place: { file: path },
        hint: "give each sender a folder of its own",
      });
    rmSync(path, { force: true });
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
