import { describe } from "./text-grammar.ts";
import type { Token } from "./tokenizer.ts";
import type { Transcoder } from "./transcoder.ts";

/**
 * The grammar of JSON as far as traces use it, token by token: documents one after the other, on lines of their own or not,
 * or the elements of one list. Within a document a list's elements are the values of its member's name.
 */
export class JsonGrammar {
  readonly #transcoder: Transcoder;
  #state: "document" | "name" | "first-name" | "colon" | "value" | "after-value" | "first-element" = "document";
  #name = "";
  /** The open objects and lists, each with the name of the member that it is the value of. */
  readonly #open: { kind: "{" | "["; name: string }[] = [];
  #inOuterList = false;

  constructor(transcoder: Transcoder) {
    this.#transcoder = transcoder;
  }

  get atTop(): boolean {
    return this.#open.length === 0;
  }

  take(token: Token): string | undefined {
    switch (this.#state) {
      case "document":
        return this.#takeDocument(token);
      case "first-name":
      case "name":
        if (token.kind === "}" && this.#state === "first-name") return this.#close("{");
        if (token.kind !== "string") return `expected a name in quotes, found ${describe(token)}`;
        this.#name = UTF8.decode(token.bytes);
        this.#state = "colon";
        return undefined;
      case "colon":
        if (token.kind !== ":") return `expected ':' behind "${this.#name}", found ${describe(token)}`;
        this.#state = "value";
        return undefined;
      case "first-element":
        if (token.kind === "]") return this.#close("[");
        return this.#takeValue(token);
      case "value":
        return this.#takeValue(token);
      case "after-value":
        return this.#takeAfterValue(token);
    }
  }

  end(): string | undefined {
    return undefined;
  }

  #takeDocument(token: Token): string | undefined {
    if (token.kind === "{") {
      this.#open.push({ kind: "{", name: "" });
      this.#state = "first-name";
    } else if (token.kind === "[" && !this.#inOuterList) this.#inOuterList = true;
    else if (token.kind === "]" && this.#inOuterList) this.#inOuterList = false;
    else if (token.kind !== "," || !this.#inOuterList) return `expected '{', found ${describe(token)}`;
    return undefined;
  }

  #takeValue(token: Token): string | undefined {
    switch (token.kind) {
      case "{":
      case "[":
        if (this.#open.length >= MAX_DEPTH) return `values are nested more than ${MAX_DEPTH} deep`;
        this.#open.push({ kind: token.kind, name: this.#name });
        this.#state = token.kind === "{" ? "first-name" : "first-element";
        return token.kind === "{" ? this.#transcoder.openMessage(this.#name) : undefined;
      case "string":
        this.#state = "after-value";
        return this.#transcoder.writeString(this.#name, token.bytes);
      case "word":
        this.#state = "after-value";
        if (!JSON_WORD.test(token.word)) return `expected a value for "${this.#name}", found '${token.word}'`;
        return this.#transcoder.writeWord(this.#name, token.word);
      default:
        return `expected a value for "${this.#name}", found ${describe(token)}`;
    }
  }

  #takeAfterValue(token: Token): string | undefined {
    const { kind, name } = this.#open.at(-1)!;
    if (token.kind === ",") {
      this.#state = kind === "{" ? "name" : "value";
      if (kind === "[") this.#name = name;
      return undefined;
    }
    if (token.kind === (kind === "{" ? "}" : "]")) return this.#close(kind);
    return `expected ',' or '${kind === "{" ? "}" : "]"}', found ${describe(token)}`;
  }

  #close(kind: "{" | "["): string | undefined {
    const closed = this.#open.pop()!;
    this.#name = closed.name;
    this.#state = "after-value";
    if (this.#open.length === 0) {
      this.#state = "document";
      this.#transcoder.endDocument();
      return undefined;
    }
    return kind === "{" ? this.#transcoder.closeMessage() : undefined;
  }
}

const MAX_DEPTH = 100;
const JSON_WORD = /^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)$/;
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });
