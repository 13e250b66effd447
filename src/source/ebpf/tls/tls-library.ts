import type { ElfFile, ElfFunction } from "./elf-file.ts";
import { findGoFunctions, findReturns } from "./go-functions.ts";
import { findCheapStart, findInnerFunction, findInnerSites } from "./inner-sites.ts";

/** One place where a program of bpf/ is attached to a file. */
export interface ProbeSite {
  readonly program: string;
  readonly offset: number;
  readonly atReturn?: boolean;
}

/** A TLS library in a file, and where it is watched. */
export interface TlsLibrary {
  readonly kind: "openssl" | "gnutls" | "go";
  readonly sites: readonly ProbeSite[];
  /** Why it cannot be watched, where it cannot. */
  readonly problem?: string;
}

/** The programs for each function, before and after it. */
const FUNCTIONS: Readonly<Record<string, readonly [kind: "openssl" | "gnutls", before: string, after?: string]>> = {
  SSL_read: ["openssl", "tls_read", "tls_read_return"],
  SSL_write: ["openssl", "tls_write", "tls_write_return"],
  SSL_read_ex: ["openssl", "tls_read_ex", "tls_read_return"],
  SSL_write_ex: ["openssl", "tls_write_ex", "tls_write_return"],
  SSL_do_handshake: ["openssl", "tls_handshake", "tls_handshake_return"],
  SSL_free: ["openssl", "tls_free"],
  gnutls_record_recv: ["gnutls", "tls_read", "tls_read_return"],
  gnutls_record_send: ["gnutls", "tls_write", "tls_write_return"],
  gnutls_handshake: ["gnutls", "tls_handshake", "tls_handshake_return"],
  gnutls_deinit: ["gnutls", "tls_free"],
};
/** They check their arguments, and another function does the work. */
const WITH_WORKER: ReadonlySet<string> = new Set(["SSL_read", "SSL_write", "SSL_read_ex", "SSL_write_ex"]);
/** So much of a function is looked at, and of the one that it calls. */
const MOST_CODE = 128;
const MOST_START = 16;
const NONE = new Uint8Array();
const NAMES: ReadonlySet<string> = new Set(Object.keys(FUNCTIONS));

const GO_FUNCTIONS: Readonly<Record<string, readonly [before: string, after?: string]>> = {
  "crypto/tls.(*Conn).Read": ["go_read", "go_read_return"],
  "crypto/tls.(*Conn).Write": ["go_write"],
};
const GO_NAMES: ReadonlySet<string> = new Set(Object.keys(GO_FUNCTIONS));

/** The TLS libraries that a file has: as a library, or linked into a program. */
export function findTlsLibraries(file: ElfFile, architecture: NodeJS.Architecture = process.arch): TlsLibrary[] {
  const go = findGoFunctions(file, GO_NAMES);
  if (go.length > 0) return [describeGo(file, go, architecture)];
  const functions = file.findFunctions(NAMES);
  return (["openssl", "gnutls"] as const).flatMap((kind) => {
    const sites = withoutDoubles(functions.flatMap((one) => sitesOf(file, one, kind, architecture)));
    return sites.some(({ program }) => program === "tls_read" || program === "tls_read_ex") ? [{ kind, sites }] : [];
  });
}

function sitesOf(
  file: ElfFile,
  { name, offset, size }: ElfFunction,
  wanted: string,
  architecture: NodeJS.Architecture,
): ProbeSite[] {
  const [kind, before, after] = FUNCTIONS[name]!;
  if (kind !== wanted) return [];
  const code = architecture === "x64" ? file.read(offset, Math.min(size, MOST_CODE)) : NONE;
  const worker = WITH_WORKER.has(name) ? findInnerFunction(code) : undefined;
  const start = worker === undefined ? undefined : findCheapStart(file.read(offset + worker, MOST_START));
  if (start !== undefined)
    return around(before.endsWith("_ex") ? before : `${before}_ex`, after, offset + worker! + start);
  const inner = name.endsWith("_ex") ? undefined : findInnerSites(code);
  if (inner === undefined) return around(before, after, offset + (findCheapStart(code) ?? 0));
  return [
    { program: `${before}_ex`, offset: offset + inner.call },
    { program: after!, offset: offset + inner.result },
  ];
}

function around(before: string, after: string | undefined, offset: number): ProbeSite[] {
  if (after === undefined) return [{ program: before, offset }];
  return [
    { program: before, offset },
    { program: after, offset, atReturn: true },
  ];
}

/** Both forms of a function may do their work in the same place. */
function withoutDoubles(sites: readonly ProbeSite[]): ProbeSite[] {
  return [...new Map(sites.map((site) => [`${site.program} ${site.offset}`, site])).values()];
}

function describeGo(file: ElfFile, functions: readonly ElfFunction[], architecture: NodeJS.Architecture): TlsLibrary {
  const sites: ProbeSite[] = [];
  for (const { name, offset, size } of functions) {
    const [before, after] = GO_FUNCTIONS[name]!;
    sites.push({ program: before, offset });
    if (after === undefined) continue;
    const returns = findReturns(file.read(offset, size), architecture);
    if (returns.length === 0) return { kind: "go", sites: [], problem: `where ${name} returns is not known` };
    for (const at of returns) sites.push({ program: after, offset: offset + at });
  }
  return { kind: "go", sites };
}
