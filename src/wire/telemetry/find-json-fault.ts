/**
 * Says where bytes stop being JSON (RFC 8259), and what stands there: `line 2, column 5 (byte 17): expected a value`. For
 * bytes that JSON.parse has refused, since engines do not tell the place reliably.
 */
export function findJsonFault(bytes: Uint8Array): string {
  const scanner = new Scanner(bytes);
  const fault = scanner.find();
  const before = bytes.subarray(0, fault.at);
  let line = 1;
  let lineStart = 0;
  for (const [index, byte] of before.entries())
    if (byte === LINE_FEED) {
      line++;
      lineStart = index + 1;
    }
  const column = UTF8.decode(before.subarray(lineStart)).length + 1;
  return `line ${line}, column ${column} (byte ${fault.at}): ${fault.message}`;
}

interface Fault {
  readonly at: number;
  readonly message: string;
}

/** Walks through the text with the open brackets in a list: nesting costs no stack. */
class Scanner {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.#at = 3;
  }

  find(): Fault {
    const open: number[] = [];
    let expects: "value" | "key" | "first-key" | "first-value" | "next" = "value";
    for (;;) {
      this.#skipSpace();
      const byte = this.#bytes[this.#at];
      if (byte === undefined)
        return this.#fault(expects === "next" && open.length === 0 ? "this is JSON" : "the document ends early");
      const closer = open.at(-1) === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
      if (expects === "next") {
        if (open.length === 0) return this.#fault("expected nothing more");
        if (byte === closer) {
          open.pop();
          this.#at++;
        } else if (byte === COMMA) {
          this.#at++;
          expects = open.at(-1) === OPEN_BRACE ? "key" : "value";
        } else return this.#fault(`expected , or ${String.fromCharCode(closer)}`);
        continue;
      }
      if ((expects === "first-key" || expects === "first-value") && byte === closer) {
        open.pop();
        this.#at++;
        expects = "next";
        continue;
      }
      if (expects === "key" || expects === "first-key") {
        if (byte !== QUOTE) return this.#fault('expected a name in "');
        const fault = this.#string();
        if (fault !== undefined) return fault;
        this.#skipSpace();
        if (this.#bytes[this.#at] !== COLON) return this.#fault("expected :");
        this.#at++;
        expects = "value";
        continue;
      }
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        open.push(byte);
        this.#at++;
        expects = byte === OPEN_BRACE ? "first-key" : "first-value";
        continue;
      }
      const fault = byte === QUOTE ? this.#string() : this.#scalar();
      if (fault !== undefined) return fault;
      expects = "next";
    }
  }

  #string(): Fault | undefined {
    const start = ++this.#at;
    for (; ; this.#at++) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) return this.#fault("a text is not closed");
      if (byte < 0x20) return this.#fault("a control character in a text has to be escaped");
      if (byte === QUOTE) break;
      if (byte !== BACKSLASH) continue;
      const escaped = String.fromCharCode(...this.#bytes.subarray(this.#at + 1, this.#at + 6));
      if (!/^(?:["\\/bfnrt]|u[\da-fA-F]{4})/.test(escaped)) return this.#fault("a backslash that escapes nothing");
      this.#at++;
    }
    const invalid = findInvalidUtf8(this.#bytes.subarray(start, this.#at));
    if (invalid !== undefined) return { at: start + invalid, message: "expected UTF-8" };
    this.#at++;
    return undefined;
  }

  #scalar(): Fault | undefined {
    const text = String.fromCharCode(...this.#bytes.subarray(this.#at, this.#at + SCALAR_BYTES));
    const [scalar] = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/.exec(text) ?? [];
    if (scalar === undefined) return this.#fault("expected a value");
    this.#at += scalar.length;
    if (scalar.length === SCALAR_BYTES) while (this.#isDigit()) this.#at++;
    return undefined;
  }

  #isDigit(): boolean {
    const byte = this.#bytes[this.#at];
    return byte !== undefined && byte >= 0x30 && byte <= 0x39;
  }

  #skipSpace(): void {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x09 && byte !== LINE_FEED && byte !== 0x0d) return;
      this.#at++;
    }
  }

  #fault(message: string): Fault {
    return { at: this.#at, message };
  }
}

/** The offset of the first byte that belongs to no character: found by halves, since decoders do not tell it. */
function findInvalidUtf8(bytes: Uint8Array): number | undefined {
  if (isUtf8(bytes, false)) return undefined;
  let [valid, invalid] = [0, bytes.length];
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (isUtf8(bytes.subarray(0, middle), true)) valid = middle;
    else invalid = middle;
  }
  return valid;
}

function isUtf8(bytes: Uint8Array, mayBeCut: boolean): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: mayBeCut });
    return true;
  } catch {
    return false;
  }
}

const UTF8 = new TextDecoder();
/** A number of more digits than this is looked through digit by digit. */
const SCALAR_BYTES = 64;
const LINE_FEED = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
