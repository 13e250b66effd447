import assert from "node:assert/strict";
import type { FileSystem } from "../../src/sink/file/batch/file-system.ts";

/** A file system in memory that writes down its calls and fails where it is told to. */
export class FakeFileSystem implements FileSystem {
  readonly files = new Map<string, string>();
  readonly calls: string[] = [];
  readonly directories = new Set(["/"]);
  /** Bytes that fit before the disk is full. */
  space = Number.POSITIVE_INFINITY;
  failing: Record<string, string> = {};
  readonly #open = new Map<number, string>();
  #next = 3;

  get descriptors(): number {
    return this.#open.size;
  }

  open(path: string, how: "create" | "append"): number {
    this.#call("open", path);
    if (!this.directories.has(path.slice(0, path.lastIndexOf("/") + 1))) throw systemError("ENOENT");
    if (how === "create") this.files.set(path, "");
    else if (!this.files.has(path)) throw systemError("ENOENT");
    this.#open.set(this.#next, path);
    return this.#next++;
  }

  write(descriptor: number, bytes: Uint8Array): number {
    const path = this.#open.get(descriptor)!;
    this.#call("write", path);
    const size = Math.min(bytes.length, this.space);
    if (size === 0) throw systemError("ENOSPC");
    this.space -= size;
    this.files.set(path, this.files.get(path)! + Buffer.from(bytes.subarray(0, size)).toString("latin1"));
    return size;
  }

  truncate(descriptor: number, length: number): void {
    const path = this.#open.get(descriptor)!;
    this.files.set(path, this.files.get(path)!.slice(0, length));
  }

  isRemoved(descriptor: number): boolean {
    return !this.files.has(this.#open.get(descriptor)!);
  }

  close(descriptor: number): void {
    assert.ok(this.#open.delete(descriptor));
  }

  rename(from: string, to: string): void {
    this.#call("rename", from);
    this.files.set(to, this.files.get(from)!);
    this.files.delete(from);
  }

  remove(path: string): void {
    this.files.delete(path);
  }

  makeDirectory(path: string): void {
    this.#call("mkdir", path);
    this.directories.add(`${path}/`);
  }

  list(path: string): { name: string; modifiedMillis: number }[] {
    const prefix = path.endsWith("/") ? path : `${path}/`;
    const paths = [...this.files.keys()].filter((name) => name.startsWith(prefix));
    return paths.map((name, index) => ({ name: name.slice(prefix.length), modifiedMillis: index }));
  }

  #call(name: string, path: string): void {
    this.calls.push(`${name} ${path}`);
    const code = this.failing[name];
    if (code !== undefined) throw systemError(code);
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made up`), { code });
}
