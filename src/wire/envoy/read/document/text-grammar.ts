import { concatenate } from "../../../bytes/concatenate.ts";
import type { Token } from "./tokenizer.ts";
import type { Transcoder } from "./transcoder.ts";

/**
 * The grammar of protobuf's text format, token by token: `name: value`, `name { … }`, `name: { … }`, `<` and `>` for braces,
 * lists in brackets, strings one after the other that are one, separators or none, extensions (which are skipped).
 */
export class TextGrammar {
  readonly #transcoder: Transcoder;
  #state: "name" | "extension" | "after-name" | "value" | "more-string" | "list" | "after-element" = "name";
  #name = "";
  /** For each open message: what closes it, and whether it is an element of a list (and of which name). */
  readonly #open: { close: string; listName: string | undefined }[] = [];
  #inList = false;
  /** The parts of a string, when it has several. */
  #parts: Uint8Array[] = [];
  /** Where the string begins that may go on. */
  #stringPlace = { line: 1, column: 1 };
  /** Where what is wrong begins, when that is before the token that showed it. */
  faultPlace: { readonly line: number; readonly column: number } | undefined;

  constructor(transcoder: Transcoder) {
    this.#transcoder = transcoder;
  }

  /** Whether one field is done and another may begin at the top level, or nothing. */
  get atTop(): boolean {
    return this.#open.length === 0 && (this.#state === "name" || (this.#state === "more-string" && !this.#inList));
  }

  /** Takes the next token; gives what is wrong with it. */
  take(token: Token): string | undefined {
    switch (this.#state) {
      case "name":
        return this.#takeName(token);
      case "extension":
        if (token.kind === "]") this.#state = "after-name";
        return undefined;
      case "after-name":
        if (token.kind === ":") this.#state = "value";
        else if (token.kind === "{" || token.kind === "<") return this.#openMessage(token);
        else return `expected ':' or '{' behind '${this.#name}', found ${describe(token)}`;
        return undefined;
      case "value":
        return this.#takeValue(token);
      case "more-string":
        return this.#takeMore(token);
      case "list":
        if (token.kind !== "]") return this.#takeValue(token);
        this.#inList = false;
        this.#state = "name";
        return undefined;
      case "after-element":
        if (token.kind === ",") this.#state = "value";
        else if (token.kind === "]") {
          this.#inList = false;
          this.#state = "name";
        } else return `expected ',' or ']', found ${describe(token)}`;
        return undefined;
    }
  }

  /** Takes the end of the input: a string may have waited for a continuation. */
  end(): string | undefined {
    return this.#state === "more-string" ? this.#finishString() : undefined;
  }

  #takeName(token: Token): string | undefined {
    if (token.kind === "word") {
      this.#name = token.word;
      this.#state = "after-name";
    } else if (token.kind === "[") {
      this.#name = "(extension)";
      this.#state = "extension";
    } else if (token.kind === "}" || token.kind === ">") return this.#closeMessage(token);
    else if (token.kind !== "," && token.kind !== ";") return `expected the name of a field, found ${describe(token)}`;
    return undefined;
  }

  #takeValue(token: Token): string | undefined {
    if (token.kind === "string") {
      this.#parts = [new Uint8Array(token.bytes)];
      this.#stringPlace = { line: token.line, column: token.column };
      this.#state = "more-string";
      return undefined;
    }
    if (token.kind === "word") {
      this.#state = this.#inList ? "after-element" : "name";
      return this.#transcoder.writeWord(this.#name, token.word);
    }
    if (token.kind === "{" || token.kind === "<") return this.#openMessage(token);
    if (token.kind === "[" && !this.#inList) {
      this.#inList = true;
      this.#state = "list";
      return undefined;
    }
    return `expected a value for '${this.#name}', found ${describe(token)}`;
  }

  #takeMore(token: Token): string | undefined {
    if (token.kind !== "string") return this.#finishString() ?? this.take(token);
    this.#parts.push(new Uint8Array(token.bytes));
    return undefined;
  }

  #finishString(): string | undefined {
    this.#state = this.#inList ? "after-element" : "name";
    const parts = this.#parts;
    this.#parts = [];
    const problem = this.#transcoder.writeString(this.#name, parts.length === 1 ? parts[0]! : concatenate(parts));
    if (problem !== undefined) this.faultPlace = this.#stringPlace;
    return problem;
  }

  #openMessage(token: Token): string | undefined {
    if (this.#open.length >= MAX_DEPTH) return `messages are nested more than ${MAX_DEPTH} deep`;
    this.#open.push({ close: token.kind === "{" ? "}" : ">", listName: this.#inList ? this.#name : undefined });
    this.#inList = false;
    this.#state = "name";
    return this.#transcoder.openMessage(this.#name);
  }

  #closeMessage(token: Token): string | undefined {
    const message = this.#open.pop();
    if (message === undefined) return `'${token.kind}' closes nothing`;
    if (message.close !== token.kind) return `expected '${message.close}', found '${token.kind}'`;
    if (message.listName !== undefined) {
      this.#name = message.listName;
      this.#inList = true;
      this.#state = "after-element";
    }
    return this.#transcoder.closeMessage();
  }
}

const MAX_DEPTH = 100;

/** A token as a message names it. */
export function describe(token: Token): string {
  return token.kind === "string" ? "a string" : `'${token.kind === "word" ? token.word : token.kind}'`;
}
