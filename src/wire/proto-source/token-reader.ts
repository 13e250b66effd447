import { TaplineError } from "../../model/index.ts";
import { type Token, tokenizeProto } from "./tokenizer.ts";

/** Reads a `.proto` file token by token. What is not as expected is thrown with its place. */
export class TokenReader {
  readonly #file: string;
  readonly #tokens: Token[];
  #at = 0;

  constructor(file: string, source: string) {
    this.#file = file;
    this.#tokens = tokenizeProto(file, source);
  }

  /** The next token, which stays. */
  get next(): Token {
    return this.#tokens[this.#at]!;
  }

  take(): Token {
    const token = this.next;
    if (token.kind !== "end") this.#at++;
    return token;
  }

  /** Takes the next token if it is that word or symbol. */
  skip(text: string): boolean {
    if (!this.is(text)) return false;
    this.#at++;
    return true;
  }

  is(text: string): boolean {
    return this.next.text === text && (this.next.kind === "word" || this.next.kind === "symbol");
  }

  /** Whether a group begins: `group Name`, after a label maybe. (`group` may name a field too, or a type.) */
  isGroup(): boolean {
    const label = this.is("optional") || this.is("required") || this.is("repeated");
    const [word, name, equals, , brace] = this.#tokens.slice(this.#at + (label ? 1 : 0), this.#at + (label ? 6 : 5));
    return word?.text === "group" && name?.kind === "word" && equals?.text === "=" && brace?.text === "{";
  }

  /** Whether a message or an enum begins whose visibility is said (`export message Name {`); both words may name types too. */
  isVisibility(): boolean {
    if (!this.is("export") && !this.is("local")) return false;
    const [kind, name] = this.#tokens.slice(this.#at + 1, this.#at + 3);
    return (kind?.text === "message" || kind?.text === "enum") && name?.kind === "word";
  }

  expect(text: string): void {
    if (!this.skip(text)) this.fail(`expected ${JSON.stringify(text)}`);
  }

  /** A name without dots. */
  takeName(what: string): string {
    if (this.next.kind !== "word" || this.next.text.includes(".")) this.fail(`expected ${what}`);
    return this.take().text;
  }

  /** A name, perhaps with dots, perhaps with one before it. */
  takeTypeName(): string {
    const dot = this.skip(".") ? "." : "";
    if (this.next.kind !== "word") this.fail("expected the name of a type");
    return dot + this.take().text;
  }

  takeString(what: string): string {
    if (this.next.kind !== "string") this.fail(`expected ${what} in quotes`);
    let text = this.take().text;
    while (this.next.kind === "string") text += this.take().text;
    return text;
  }

  /** A whole number, perhaps negative. */
  takeInteger(what: string): number {
    const sign = this.skip("-") ? -1 : 1;
    const value = Number(this.next.text);
    if (this.next.kind !== "number" || !Number.isSafeInteger(value)) this.fail(`expected ${what}`);
    const octal = /^0\d+$/.test(this.next.text);
    const text = this.take().text;
    return sign * (octal ? Number.parseInt(text, 8) : value);
  }

  /** Passes over everything up to and with `;`, and over braces and brackets whole. */
  skipStatement(): void {
    let depth = 0;
    while (this.next.kind !== "end") {
      const { kind, text } = this.take();
      if (kind !== "symbol") continue;
      if (text === "{" || text === "[") depth++;
      else if (text === "}" || text === "]") depth--;
      else if (text === ";" && depth <= 0) return;
      if (text === "}" && depth <= 0 && !this.is(";")) return;
    }
    this.fail('expected ";"');
  }

  /** The token expected instead of the next; or the fault of `token`. */
  fail(message: string, token?: Token): never {
    const { kind, text, line, column } = token ?? this.next;
    const found = token !== undefined ? "" : `, found ${kind === "end" ? text : JSON.stringify(text)}`;
    throw new TaplineError("input", message + found, { place: { file: this.#file, line, column } });
  }
}
