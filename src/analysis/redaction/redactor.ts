import type { Body, Header } from "../../model/index.ts";
import { decodeLatin1 } from "../../wire/text/latin1.ts";
import { redactBody, redactBytes } from "./content/redact-body.ts";
import { redactText } from "./content/redact-text.ts";
import { findLogins } from "./formats/find-logins.ts";
import { redactUrl } from "./formats/redact-form.ts";
import { HarmlessTexts } from "./harmless-texts.ts";
import { NameTable } from "./names/name-table.ts";
import { SecretNames } from "./names/secret-names.ts";
import { redactFilter } from "./redact-filter.ts";
import { HeaderRedaction, redactAuthority } from "./redact-headers.ts";
import { DEFAULT_RULES, normaliseName, type RedactionRules } from "./rules.ts";
import { CoveringMarker, type KeyedHash, portableKeyedHash, SecretMarker } from "./secret-marker.ts";
import { StreamRedaction } from "./stream-redaction.ts";
import { markNamed, type TextRedaction } from "./text-redaction.ts";
import type { PersonalClass } from "./values/personal-values.ts";

export interface RedactorOptions {
  /** Rules in addition to `DEFAULT_RULES`. */
  readonly also?: Partial<RedactionRules>;
  /** Names that are let through although the rules have them. */
  readonly except?: readonly string[];
  /** Which values of persons are hidden too: none by default. */
  readonly personal?: readonly PersonalClass[];
  /** The key of the marks: 16 bytes or more. By default random: marks can be compared within one run only. */
  readonly key?: Uint8Array;
  /** How values are hashed: by default in portable code; `createNodeRedactor` has a faster way to the same marks. */
  readonly keyedHash?: (key: Uint8Array) => KeyedHash;
  /** Told of each secret that gets a mark: as it is called, and its value. */
  readonly marked?: (kind: string, value: string) => void;
}

/** Enough for another thread to make a redactor that gives the same marks. */
export type RedactorRecipe = Pick<RedactorOptions, "also" | "except" | "personal" | "key">;

/**
 * Takes credentials out of exchanges before they are printed or written: header values, cookies, tokens in URLs, members
 * and fields of bodies, and whatever has the shape of a token. Each becomes a mark (`formatMark`), so that it can still be seen where
 * the same one was used. Sizes stay those of the wire. Bodies have to be decoded first: in compressed bytes nothing is found
 * (`decodeBodies`).
 */
export class Redactor {
  /** Absent where each secret is told of. */
  readonly recipe: RedactorRecipe | undefined;
  readonly #headers: HeaderRedaction;
  readonly #text: TextRedaction;
  readonly #known = new WeakMap<Body, Body>();
  readonly #targets = new HarmlessTexts();
  readonly #redactTarget = (target: string): string =>
    AUTHORITY_FORM.test(target) ? this.authority(target) : redactUrl(target, this.#text);

  constructor({
    also = {},
    except = [],
    personal = [],
    key = randomKey(),
    keyedHash = portableKeyedHash,
    marked,
  }: RedactorOptions = {}) {
    this.recipe = marked === undefined ? { also, except, personal, key } : undefined;
    const excepted = new Set(except.map(normaliseName));
    const join = (...lists: (readonly string[])[]): ReadonlySet<string> =>
      new Set(
        lists
          .flat()
          .map(normaliseName)
          .filter((name) => !excepted.has(name)),
      );
    const names = new SecretNames(join(DEFAULT_RULES.names, also.names ?? []), excepted);
    const marker = new SecretMarker(keyedHash(key), marked);
    this.#text = {
      marker,
      covering: new CoveringMarker(marker),
      names,
      table: new NameTable(names),
      personal: new Set(personal),
    };
    this.#headers = new HeaderRedaction(join(DEFAULT_RULES.headers, also.headers ?? []), excepted, this.#text);
  }

  /** Pseudo-headers are known by their names. */
  headers(headers: readonly Header[]): readonly Header[] {
    return this.#headers.redact(headers);
  }

  /** A body, or the beginning of one. @param type its Content-Type */
  content(bytes: Uint8Array, type: string): Uint8Array {
    return redactBytes(bytes, type, this.#text);
  }

  /** A request target in any of its forms (RFC 9112 §3.2): CONNECT's may have user information too. */
  target(target: string): string {
    return this.#targets.redact(target, this.#redactTarget);
  }

  /** A filter as it may be shown to somebody else: what it compares secrets with is one. */
  filter(text: string): string {
    return redactFilter(text, this.#text, (name) => this.#headers.isSecret(name));
  }

  /** A URL, or any line of text. */
  text(text: string): string {
    return redactText(text, this.#text);
  }

  /** `user:password@host`, as an old request target may have it. */
  authority(authority: string): string {
    return redactAuthority(authority, this.#text);
  }

  /** @param headers of its message: they say what it is */
  body(body: Body, headers: readonly Header[]): Body {
    const known = this.#known.get(body);
    if (known !== undefined) return known;
    const type = headers.find(({ name }) => name?.toLowerCase() === "content-type")?.value ?? "";
    return redactBody(body, type, this.#text);
  }

  /** The bytes of a client that nothing was recognised in, and those that answer it: what it logs in with is covered. */
  opaque(client: Body, server: Body | undefined): Body {
    const logins = findLogins(client.bytes, server?.bytes ?? new Uint8Array(0));
    const bytes = logins.length === 0 ? client.bytes : client.bytes.slice();
    for (const [start, end] of logins) {
      const secret = decodeLatin1(bytes, start, Math.min(end, bytes.length));
      const mark = this.#text.covering.mark("password", secret);
      for (let at = start; at < Math.min(end, bytes.length); at++) bytes[at] = mark.charCodeAt(at - start);
    }
    return this.body(logins.length === 0 ? client : { ...client, bytes }, []);
  }

  /** A body that was redacted in another thread, by the same recipe, is not searched again. */
  learn(body: Body, redacted: Body): void {
    this.#known.set(body, redacted);
  }

  /**
   * The value of something that has a name of its own, as a key, a field or a setting has.
   * @param names what it is called, from its whole name to each of its parts
   */
  named(names: readonly string[], bytes: Uint8Array): Uint8Array {
    const value = new TextDecoder().decode(bytes);
    for (const name of names) {
      const marked = markNamed(this.#text, name, value);
      if (marked !== undefined) return new TextEncoder().encode(marked);
    }
    return this.content(bytes, "");
  }

  /** A value that is a secret whatever it looks like. @param kind what it is */
  secret(kind: string, bytes: Uint8Array): Uint8Array {
    return new TextEncoder().encode(this.#text.marker.mark(kind, new TextDecoder().decode(bytes)));
  }

  /** For one direction of a connection's bytes. */
  stream(): StreamRedaction {
    return new StreamRedaction({
      marker: this.#text.marker,
      redactHeader: (header) => this.headers([header])[0]!.value,
      isSecretHeader: (name) => this.#headers.isSecret(name),
      redactRest: (bytes) => redactBytes(bytes, "", this.#text),
    });
  }
}

const AUTHORITY_FORM = /^[^\s/?#@]{1,512}@[^\s/?#@]+$/;

/** Marks can be compared within one run only. */
function randomKey(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}
