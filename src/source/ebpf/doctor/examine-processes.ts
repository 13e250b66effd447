import { listProcesses } from "../processes/find-processes.ts";
import { readCommand } from "../processes/process-table.ts";
import { ElfFile } from "../tls/elf-file.ts";
import { filesOf } from "../tls/process-files.ts";
import { findTlsLibraries } from "../tls/tls-library.ts";

/** TLS of one process. */
export interface ProcessTls {
  readonly pid: number;
  readonly command: string;
  /** `openssl /usr/lib/libssl.so.3`, …; empty where none was found. */
  readonly seen: readonly string[];
  /** Why what it encrypts may not be seen. */
  readonly problems: readonly string[];
}

/** The TLS libraries of processes: those that have any, or of which it is known that theirs cannot be watched. */
export function examineProcesses(pids: readonly number[] = listProcesses()): ProcessTls[] {
  const files = new Map<string, { seen: string[]; problems: string[] }>();
  return pids.flatMap((pid) => {
    const command = readCommand(pid);
    const paths = filesOf(pid);
    if (command === undefined || paths.length === 0) return [];
    const seen: string[] = [];
    const problems: string[] = [];
    for (const path of paths) {
      let known = files.get(path);
      if (known === undefined) {
        known = examineFile(path);
        files.set(path, known);
      }
      seen.push(...known.seen);
      problems.push(...known.problems);
    }
    if (/^java$|^javaw$/.test(command) && seen.length === 0)
      problems.push(
        "Java encrypts by itself: its plaintext is not seen; -Djavax.net.debug or a proxy in front would help",
      );
    if (seen.length === 0 && problems.length === 0 && hasEncryption(pid))
      problems.push("it has a TLS library without symbols: a build that keeps them (no strip) would help");
    return seen.length + problems.length === 0 ? [] : [{ pid, command, seen, problems }];
  });
}

function examineFile(path: string): { seen: string[]; problems: string[] } {
  const file = ElfFile.open(path);
  if (file === undefined) return { seen: [], problems: [] };
  try {
    const libraries = findTlsLibraries(file);
    return {
      seen: libraries.filter(({ problem }) => problem === undefined).map(({ kind }) => `${kind} ${path}`),
      problems: libraries.flatMap(({ problem }) => (problem === undefined ? [] : [`${path}: ${problem}`])),
    };
  } finally {
    file.close();
  }
}

/** A program that names BoringSSL's or OpenSSL's texts, and exports none of their functions. Only its beginning is searched. */
function hasEncryption(pid: number): boolean {
  const file = ElfFile.open(`/proc/${pid}/exe`);
  if (file === undefined) return false;
  try {
    const text = file.section(".rodata")?.bytes.subarray(0, SEARCHED_BYTES);
    return text !== undefined && MARKS.some((mark) => text.includes(mark));
  } finally {
    file.close();
  }
}

const SEARCHED_BYTES = 64 * 1024 * 1024;
const MARKS = ["SSLV3_ALERT_HANDSHAKE_FAILURE", "sslv3 alert handshake failure"];
