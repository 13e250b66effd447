import type { Header } from "../../model/index.ts";
import { TextMemo } from "../../wire/text/text-memo.ts";
import { redactNamed, redactText, redactUserInfo } from "./content/redact-text.ts";
import { redactUrl } from "./formats/redact-form.ts";
import { HarmlessTexts } from "./harmless-texts.ts";
import { MARK_START } from "./mark.ts";
import { splitName } from "./names/split-name.ts";
import { normaliseName, PUBLIC_HEADERS } from "./rules.ts";
import { COOKIE_ATTRIBUTE, markNamed, markValue, type TextRedaction } from "./text-redaction.ts";
import { decodeText } from "./values/decode-base64.ts";
import { looksSecret } from "./values/secret-value.ts";

/** Takes the secrets out of header values. What a name says of its value is found out once a name. */
export class HeaderRedaction {
  readonly #secret: ReadonlySet<string>;
  readonly #excepted: ReadonlySet<string>;
  readonly #text: TextRedaction;
  readonly #kinds = new TextMemo(MAX_NAMES, (name) => this.#classify(name.toLowerCase()));
  readonly #oddNames = new TextMemo(MAX_NAMES, (name) => NO_NAME.test(name));
  readonly #values = new HarmlessTexts();
  readonly #redactText = (text: string): string => redactText(text, this.#text);

  /** @param secret normalised names; @param excepted normalised names that are let through whatever they end in */
  constructor(secret: ReadonlySet<string>, excepted: ReadonlySet<string>, text: TextRedaction) {
    this.#secret = secret;
    this.#excepted = excepted;
    this.#text = text;
  }

  /** The same array when there is nothing to replace. */
  redact(headers: readonly Header[]): readonly Header[] {
    let changed: Header[] | undefined;
    for (let i = 0; i < headers.length; i++) {
      const header = headers[i]!;
      const value = this.#redactValue(header);
      const isOdd = header.name !== undefined && this.#oddNames.get(header.name);
      const name = isOdd ? this.#redactName(header.name!) : header.name;
      if ((value === header.value || value === undefined) && name === header.name) continue;
      changed ??= [...headers];
      changed[i] = { ...header, name, value };
    }
    return changed ?? headers;
  }

  /** Whether a header of that name has a secret for its value, whatever it is. */
  isSecret(name: string): boolean {
    const kind = this.#kinds.get(name);
    return kind === "secret" || kind === "cookie" || kind === "set-cookie";
  }

  #redactValue({ name, value, sensitive }: Header): string | undefined {
    if (value === undefined || value === "") return value;
    const kind = name === undefined ? "unknown" : this.#kinds.get(name);
    switch (kind) {
      case "cookie":
        return redactCookies(value, this.#text);
      case "set-cookie":
        return redactSetCookie(value, this.#text);
      case "excepted":
        return value;
      case "public":
        return this.#redactPublic(name!, value);
      case "host":
        return redactAuthority(value, this.#text);
      case "path":
        return redactUrl(value, this.#text);
      case "binary":
        return this.#redactBinary(name!, value);
      case "protocols":
        return redactText(redactProtocols(value, this.#text), this.#text);
      case "weak":
        return markNamed(this.#text, name!.toLowerCase(), value) ?? redactText(value, this.#text);
      case "pseudo":
        return this.#redactUsual(value);
      case "other":
        // A value that HPACK may never index is one that its sender held for secret (RFC 7541 §7.1.3).
        return sensitive === true ? this.#mark(name, value) : this.#redactUsual(value);
      default:
        return this.#mark(name, value);
    }
  }

  #redactUsual(value: string): string {
    return this.#values.redact(value, this.#redactText);
  }

  /** A value that may look drawn, of which parts can be secret all the same; a challenge's are for everybody. */
  #redactPublic(name: string, value: string): string {
    if (!/[=@]/.test(value)) return value;
    return (/authenticate$/i.test(name) ? redactUserInfo : redactNamed)(value, this.#text);
  }

  /** A line without a colon is all name. */
  #redactName(line: string): string {
    const [whole, name] = /^(\S+)\s+/.exec(line) ?? ["", ""];
    const isSecret = name !== "" && this.isSecret(name!) && line.length > whole.length;
    return isSecret ? whole + this.#mark(name, line.slice(whole.length)) : redactText(line, this.#text);
  }

  #mark(name: string | undefined, value: string): string {
    return markValue(this.#text.marker, name?.toLowerCase() || "header", value);
  }

  /** gRPC's `-bin` headers are base64 (without a schema of what is in it): what it holds, or the whole where that looks like a secret. */
  #redactBinary(name: string, value: string): string {
    const text = decodeText(value);
    const isSecret = text === undefined || redactText(text, this.#text) !== text;
    return isSecret && looksSecret(value) ? this.#mark(name, value) : value;
  }

  #classify(lower: string): NameKind {
    const normalised = normaliseName(lower);
    if (this.#excepted.has(normalised)) return "excepted";
    if (/^cookie2?$/.test(lower)) return "cookie";
    if (/^set-cookie2?$/.test(lower)) return "set-cookie";
    if (this.#secret.has(normalised)) return "secret";
    if (PUBLIC.has(lower)) return "public";
    if (lower === "host" || lower === ":authority") return "host";
    if (lower === ":path") return "path";
    if (lower === "sec-websocket-protocol") return "protocols";
    if (lower.startsWith(":")) return "pseudo";
    const isBinary = lower.endsWith("-bin");
    const stem = isBinary ? lower.slice(0, -4) : lower;
    const { kind } = this.#text.names.judge(stem);
    if (kind === "strong") return "secret";
    if (kind === "plain") return "public";
    if (SECRET_HEADS.has(splitName(stem).at(-1) ?? "")) return "secret";
    if (isBinary) return "binary";
    return kind === "weak" ? "weak" : "other";
  }
}

/** Classifies a header's value by its name; an `unknown` name hides it, so the value is held for a secret. */
type NameKind =
  | "cookie"
  | "set-cookie"
  | "excepted"
  | "public"
  | "secret"
  | "weak"
  | "host"
  | "path"
  | "binary"
  | "protocols"
  | "pseudo"
  | "other"
  | "unknown";

/** No name of a field has these (RFC 9110 §5.1). */
const NO_NAME = /[\s=]/;

/** Names whose kinds are kept. */
const MAX_NAMES = 1024;

const PUBLIC: ReadonlySet<string> = new Set(PUBLIC_HEADERS);
/** Last words that in a header's name say that the value is secret. */
const SECRET_HEADS: ReadonlySet<string> = new Set([
  "auth",
  "signature",
  "assertion",
  "principal",
  "jwt",
  "hmac",
  "otp",
]);

/** A list in which browsers, that can send no other header, send tokens: `access_token, …`, `bearer.…`. */
function redactProtocols(value: string, { names, marker }: TextRedaction): string {
  let before = "";
  return value
    .split(",")
    .map((item) => {
      const word = item.trim();
      const name = before;
      before = word;
      const isSecret =
        /^[A-Za-z][\w.-]{1,31}$/.test(name) &&
        !name.includes(MARK_START) &&
        names.judge(name).kind !== "none" &&
        word.length >= 8;
      return isSecret ? item.replace(word, () => marker.mark(name, word)) : item;
    })
    .join(",");
}

/** `user:password@host`, as an old request target or a Host field may have it. */
export function redactAuthority(authority: string, { marker }: TextRedaction): string {
  const at = authority.lastIndexOf("@");
  return at < 0 ? authority : marker.mark("userinfo", authority.slice(0, at)) + authority.slice(at);
}

/** `name=value; name=value` (RFC 6265 §4.2.1): the names stay. */
function redactCookies(value: string, { marker }: TextRedaction): string {
  return value
    .split(";")
    .map((cookie) => {
      const equals = cookie.indexOf("=");
      const name = cookie.slice(0, Math.max(0, equals)).trim();
      const content = cookie.slice(equals + 1).trim();
      if (content === "") return cookie;
      return `${cookie.slice(0, equals + 1) || leadingSpace(cookie)}${marker.mark(name || "cookie", content)}`;
    })
    .join(";");
}

function leadingSpace(text: string): string {
  return /^\s*/.exec(text)![0];
}

/** `name=value; Path=/; …` (RFC 6265 §4.1.1): name and attributes stay. What is no attribute is another cookie. */
function redactSetCookie(value: string, redaction: TextRedaction): string {
  return value
    .split(";")
    .map((part, index) => (index > 0 && COOKIE_ATTRIBUTE.test(part) ? part : redactCookies(part, redaction)))
    .join(";");
}
