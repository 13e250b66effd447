import { createHash, timingSafeEqual } from "node:crypto";
import { TaplineError } from "../../model/index.ts";
import { isAllowedHost } from "../../sink/admin/allowed-host.ts";
import { isLoopback } from "../../source/loopback.ts";

/** `viewer` looks at what passed; `admin` looks into bodies too, and administers. */
export type Role = "viewer" | "admin";

export interface Person {
  readonly role: Role;
  /** The first digits of the hash of the token; `local` where none is needed. */
  readonly name: string;
}

export interface AccessOptions {
  /** Where it listens. */
  readonly host: string;
  /** An administrator's. */
  readonly token?: string | undefined;
  /** Lines of `ROLE SHA256-OF-THE-TOKEN`, and of comments after `#`. */
  readonly tokens?: { readonly text: string; readonly file: string } | undefined;
}

/** Facts of a request that decide. */
export interface AccessRequest {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
}

export type Verdict = Person | { readonly status: 401 | 403; readonly message: string };

/**
 * Decides who may ask. Any page of the web can make a browser send requests to loopback: the Host header must name this listener, and
 * an Origin must be its own. Off loopback a token is needed.
 */
export class Access {
  readonly #host: string;
  readonly #tokens: readonly { readonly role: Role; readonly hash: Buffer }[];

  /** @throws TaplineError `usage`, `configuration` */
  constructor({ host, token, tokens }: AccessOptions) {
    this.#host = host;
    this.#tokens = [
      ...(token === undefined ? [] : [{ role: "admin" as const, hash: hashOf(token) }]),
      ...(tokens === undefined ? [] : readTokens(tokens.text, tokens.file)),
    ];
    if (!isLoopback(host) && host !== "localhost" && this.#tokens.length === 0)
      throw new TaplineError("usage", `${host} can be reached from other machines: a token is needed`, {
        hint: "--token, TAPLINE_TOKEN or --tokens",
      });
  }

  get needsToken(): boolean {
    return this.#tokens.length > 0;
  }

  judge({ host, origin, authorization }: AccessRequest): Verdict {
    const isLocal = isLoopback(this.#host) || this.#host === "localhost";
    if (isLocal && !isAllowedHost(host)) return { status: 403, message: "the Host header names no loopback address" };
    if (origin !== undefined && !isOwn(origin, host))
      return { status: 403, message: "requests from other web pages are refused" };
    if (!this.needsToken) return { role: "admin", name: "local" };
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
    if (given === undefined) return { status: 401, message: "a token is needed: Authorization: Bearer TOKEN" };
    const hash = hashOf(given);
    let found: Person | undefined;
    for (const { role, hash: known } of this.#tokens)
      if (timingSafeEqual(hash, known)) found ??= { role, name: known.toString("hex", 0, 4) };
    return found ?? { status: 401, message: "the token is wrong" };
  }
}

function isOwn(origin: string, host: string | undefined): boolean {
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
}

function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

function readTokens(text: string, file: string): { role: Role; hash: Buffer }[] {
  return text.split("\n").flatMap((line, index) => {
    const written = line.replace(/#.*/, "").trim();
    if (written === "") return [];
    const match = /^(viewer|admin)\s+([\da-f]{64})$/i.exec(written);
    if (match === null)
      throw new TaplineError("configuration", "a role and the SHA-256 of a token in hexadecimal are expected", {
        place: { file, line: index + 1 },
        hint: "viewer $(printf %s TOKEN | sha256sum | cut -c1-64)",
      });
    return [{ role: match[1]!.toLowerCase() as Role, hash: Buffer.from(match[2]!, "hex") }];
  });
}
