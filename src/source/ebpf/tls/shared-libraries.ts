import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ElfFile } from "./elf-file.ts";
import { findTlsLibraries } from "./tls-library.ts";

/** Where systems have the TLS libraries that programs share. */
const FOLDERS = [
  "/lib64",
  "/usr/lib64",
  "/usr/lib",
  "/usr/local/lib",
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
];

/** Paths of the TLS libraries that programs share. */
export function listSharedLibraries(): string[] {
  return FOLDERS.flatMap((folder) => {
    try {
      return readdirSync(folder)
        .filter((name) => /^lib(?:ssl|gnutls)\.so\./.test(name))
        .map((name) => join(folder, name));
    } catch {
      return [];
    }
  });
}

/** Those that can be watched, each with the place of its read function. */
export function listTlsLibraries(): { readonly path: string; readonly site: number }[] {
  return listSharedLibraries().flatMap((path) => {
    const file = ElfFile.open(path);
    try {
      const sites = file === undefined ? [] : findTlsLibraries(file).flatMap(({ sites }) => sites);
      const read = sites.find(({ program }) => program === "tls_read");
      return read === undefined ? [] : [{ path, site: read.offset }];
    } finally {
      file?.close();
    }
  });
}
