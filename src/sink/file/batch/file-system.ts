import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../../../source/make-folder.ts";
import { openExclusively } from "../../open-exclusively.ts";

/** The calls of the file system that trace files need; they throw errors with the system's `code`. */
export interface FileSystem {
  /**
   * For writing, never through a link. `create`: made anew with permissions 0600, in place of what has the name; `append`: it
   * is there. Gives a descriptor.
   */
  open(path: string, how: "create" | "append"): number;
  /** Gives how many bytes were written, which may be fewer. */
  write(descriptor: number, bytes: Uint8Array): number;
  truncate(descriptor: number, length: number): void;
  /** The file has no name any more. */
  isRemoved(descriptor: number): boolean;
  close(descriptor: number): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** With those above it, permissions 0700; no error when it is there. */
  makeDirectory(path: string): void;
  /** The files in a directory, in no order; when each was last written, in milliseconds since the Unix epoch. */
  list(path: string): { readonly name: string; readonly modifiedMillis: number }[];
}

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW;

/** The machine's. */
export const NODE_FILE_SYSTEM: FileSystem = {
  open: (path, how) => (how === "create" ? openExclusively(path) : openSync(path, APPEND)),
  write: (descriptor, bytes) => writeSync(descriptor, bytes),
  truncate: (descriptor, length) => ftruncateSync(descriptor, length),
  isRemoved: (descriptor) => fstatSync(descriptor).nlink === 0,
  close: (descriptor) => closeSync(descriptor),
  rename: (from, to) => renameSync(from, to),
  remove: (path) => unlinkSync(path),
  makeDirectory: (path) => {
    makeFolder(path);
  },
  list: (path) =>
    readdirSync(path).flatMap((name) => {
      const stat = statSync(join(path, name), { throwIfNoEntry: false });
      return stat?.isFile() ? [{ name, modifiedMillis: stat.mtimeMs }] : [];
    }),
};
