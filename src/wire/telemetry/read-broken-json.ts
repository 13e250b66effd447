/**
 * Reads a report as the original filter writes it where that is no JSON: it escapes quotes in headers' names and values, and nothing else
 * anywhere, so that a path has bare quotes and backslashes, and every text has control characters and any octets (trace-exporter §1.2).
 * Where a text ends is told by what the documents have behind one. Gives the document, its texts as octets, or undefined where it
 * cannot be told.
 *
 *     "path":"/p"q\","host":"a"        the path ends before a member that the documents know: /p"q\
 *     ["q", "a\"b\"],["r", "c"]        a header's value before a bracket, and no quote in it is without its backslash: a"b\
 *
 * @param text the bytes, one character each
 */
export function readBrokenJson(text: string): object | undefined {
  try {
    return new BrokenJson(text).read();
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

class BrokenJson {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): object {
    this.#skip(SPACE);
    const value = this.#object(0);
    this.#skip(SPACE);
    if (this.#at < this.#text.length) throw new Unreadable();
    return value;
  }

  #object(depth: number): object {
    if (depth > MAX_DEPTH) throw new Unreadable();
    const members: Record<string, unknown> = Object.create(null);
    this.#expect("{");
    if (this.#takes("}")) return members;
    do {
      const name = this.#take(MEMBER);
      members[name] = name === "headers" ? this.#headers() : this.#value(depth);
    } while (this.#takes(","));
    this.#expect("}");
    return members;
  }

  #value(depth: number): unknown {
    const first = this.#text[this.#at];
    if (first === "{") return this.#object(depth + 1);
    if (first === '"') return this.#bareText();
    return JSON.parse(this.#take(SCALAR));
  }

  /** Nothing in it is escaped. */
  #bareText(): string {
    const start = this.#at + 1;
    for (let quote = this.#quoteAfter(start); ; quote = this.#quoteAfter(quote + 1))
      if (this.#stands(MEMBER_END, quote)) return this.#endText(start, quote);
  }

  #headers(): unknown {
    const headers: unknown[] = [];
    if (this.#text[this.#at] !== "[") return JSON.parse(this.#take(SCALAR));
    this.#expect("[");
    if (this.#takes("]")) return headers;
    do headers.push(this.#text[this.#at] === "{" ? this.#namedHeader() : this.#headerPair());
    while (this.#takes(","));
    this.#expect("]");
    return headers;
  }

  #headerPair(): readonly [string, string] {
    this.#expect("[");
    const name = this.#headerText(PAIR_NAME_END);
    this.#expect(",");
    const value = this.#headerText(PAIR_VALUE_END);
    this.#expect("]");
    return [name, value];
  }

  #namedHeader(): { readonly key: string; readonly value: string } {
    this.#expect("{");
    if (this.#take(MEMBER) !== "key") throw new Unreadable();
    const key = this.#headerText(KEY_END);
    this.#expect(",");
    if (this.#take(MEMBER) !== "value") throw new Unreadable();
    const value = this.#headerText(VALUE_END);
    this.#expect("}");
    return { key, value };
  }

  /**
   * Quotes in it have a backslash before them: it ends at the first that has none. A value that ends in a backslash has one there too,
   * which shows when nothing that may follow stands behind that other quote.
   */
  #headerText(end: RegExp): string {
    if (this.#text[this.#at] !== '"') throw new Unreadable();
    const start = this.#at + 1;
    let afterBackslash: number | undefined;
    let quote = this.#quoteAfter(start);
    for (; quote > start && this.#text[quote - 1] === "\\"; quote = this.#quoteAfter(quote + 1))
      if (afterBackslash === undefined && this.#stands(end, quote)) afterBackslash = quote;
    const found = this.#stands(end, quote) ? quote : afterBackslash;
    if (found === undefined) throw new Unreadable();
    return this.#endText(start, found).replaceAll('\\"', '"');
  }

  #endText(start: number, quote: number): string {
    this.#at = quote + 1;
    this.#skip(SPACE);
    return this.#text.slice(start, quote);
  }

  #quoteAfter(at: number): number {
    const quote = this.#text.indexOf('"', at);
    if (quote < 0) throw new Unreadable();
    return quote;
  }

  #stands(pattern: RegExp, at: number): boolean {
    pattern.lastIndex = at;
    return pattern.test(this.#text);
  }

  #takes(sign: string): boolean {
    if (this.#text[this.#at] !== sign) return false;
    this.#at++;
    this.#skip(SPACE);
    return true;
  }

  #expect(sign: string): void {
    if (!this.#takes(sign)) throw new Unreadable();
  }

  /** The part of it that has a group, with white space after it. */
  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) throw new Unreadable();
    this.#at = pattern.lastIndex;
    return match[1]!;
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    pattern.exec(this.#text);
    this.#at = pattern.lastIndex;
  }
}

/** Caught where reading began. */
class Unreadable extends Error {}

const MAX_DEPTH = 8;
const SPACE = /[ \t\r\n]*/y;
const MEMBER = /"([\w-]{1,64})"[ \t\r\n]*:[ \t\r\n]*/y;
const SCALAR = /(true|false|null|-?(?:0|[1-9]\d{0,31})(?:\.\d{1,32})?)(?![\w.])[ \t\r\n]*/y;

/** Texts without escapes may have members of their own in them: only one that the documents know ends them. */
const NAMES = [
  ...["request_id", "scheme", "destination_address", "destination_namespace", "source_address"],
  ...["scnt_request", "scnt_response", "status_code", "truncated_body"],
  ...["requestID", "destinationAddress", "destinationNamespace", "sourceAddress", "request", "response"],
  ...["statusCode", "TruncatedBody", "truncatedBody", "common", "time"],
  ...["method", "path", "host", "version", "headers", "body"],
];
const S = "[ \\t\\r\\n]*";
const KNOWN = `,${S}"(?:${NAMES.join("|")})"${S}:`;
const MEMBER_END = new RegExp(`"${S}(?:${KNOWN}|\\}[} \\t\\r\\n]*(?:${KNOWN}|$))`, "y");
const PAIR_NAME_END = new RegExp(`"${S},${S}"`, "y");
const PAIR_VALUE_END = new RegExp(`"${S}\\]${S}(?:,${S}\\[|\\])`, "y");
const KEY_END = new RegExp(`"${S},${S}"value"${S}:`, "y");
const VALUE_END = new RegExp(`"${S}\\}${S}(?:,${S}\\{|\\])`, "y");
