import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

/** The calls of the file system that trace files need; they throw errors with the system's `code`. */
export interface FileSystem {
  /** For writing. `create`: made anew or emptied, with permissions 0600; `append`: it is there. Gives a descriptor. */
  open(path: string, how: "create" | "append"): number;
  /** Gives how many bytes were written, which may be fewer. */
  write(descriptor: number, bytes: Uint8Array): number;
  truncate(descriptor: number, length: number): void;
  close(descriptor: number): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** With those above it, permissions 0700; no error when it is there. */
  makeDirectory(path: string): void;
  /** The files in a directory, in no order; when each was last written, in milliseconds since the Unix epoch. */
  list(path: string): { readonly name: string; readonly modifiedMillis: number }[];
}

/** The machine's. */
export const NODE_FILE_SYSTEM: FileSystem = {
  open: (path, how) => openSync(path, how === "create" ? "w" : "a", 0o600),
  write: (descriptor, bytes) => writeSync(descriptor, bytes),
  truncate: (descriptor, length) => ftruncateSync(descriptor, length),
  close: (descriptor) => closeSync(descriptor),
  rename: (from, to) => renameSync(from, to),
  remove: (path) => unlinkSync(path),
  makeDirectory: (path) => {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  },
  list: (path) =>
    readdirSync(path).flatMap((name) => {
      const stat = statSync(join(path, name), { throwIfNoEntry: false });
      return stat?.isFile() ? [{ name, modifiedMillis: stat.mtimeMs }] : [];
    }),
};
