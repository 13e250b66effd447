/** One operation of a GraphQL document. */
export interface GraphqlOperation {
  readonly type: "query" | "mutation" | "subscription";
  readonly name?: string;
  /** It is a selection alone, `{ hero { name } }`: other languages have such texts, too. */
  readonly isShort: boolean;
}

/**
 * The operation that a GraphQL document (https://spec.graphql.org/October2021/#sec-Document) runs; undefined where the text is no
 * such document. Looks at its form alone, and at so much of it: what is said of types is not checked.
 * @param wanted the name of the one that is to run; default: the first
 * @param isCut the text is the beginning of a longer one
 */
export function readGraphqlOperation(text: string, wanted?: string, isCut = false): GraphqlOperation | undefined {
  const reader = new DocumentReader(text, isCut);
  return reader.read(wanted);
}

class DocumentReader {
  readonly #text: string;
  readonly #isCut: boolean;
  #at = 0;
  /** The token that is looked at; empty at the end. */
  #token = "";

  constructor(text: string, isCut: boolean) {
    this.#text = text;
    this.#isCut = isCut;
  }

  read(wanted: string | undefined): GraphqlOperation | undefined {
    const operations: GraphqlOperation[] = [];
    try {
      this.#next();
      while (!this.#is("")) {
        const operation = this.#readHead();
        if (operation !== undefined) operations.push(operation);
        this.#readSelections();
      }
    } catch (error) {
      if (error === CUT && this.#isCut) return choose(operations, wanted);
      if (error === CUT || error === NO_DOCUMENT) return undefined;
      throw error;
    }
    return choose(operations, wanted);
  }

  /** All before the selection of an operation; undefined of a fragment. */
  #readHead(): GraphqlOperation | undefined {
    const word = this.#token;
    if (word === "{") return { type: "query", isShort: true };
    this.#next();
    if (word === "fragment") {
      this.#expectName();
      if (!this.#is("on")) throw NO_DOCUMENT;
      this.#next();
      this.#expectName();
      this.#skipDirectives();
      return undefined;
    }
    if (word !== "query" && word !== "mutation" && word !== "subscription") throw NO_DOCUMENT;
    const name = NAME.test(this.#token) ? this.#token : undefined;
    if (name !== undefined) this.#next();
    if (this.#is("(")) this.#skipArguments("$");
    this.#skipDirectives();
    return { type: word, ...(name !== undefined && { name }), isShort: false };
  }

  /** A selection in braces, and all within it. */
  #readSelections(): void {
    if (!this.#is("{")) throw this.#is("") ? CUT : NO_DOCUMENT;
    this.#next();
    // Whether something stands in each of the selections that are open.
    const open = [false];
    while (open.length > 0) {
      if (this.#is("}")) {
        if (!open.pop()) throw NO_DOCUMENT;
        this.#next();
        continue;
      }
      open[open.length - 1] = true;
      if (this.#is("...")) this.#readFragment();
      else this.#readField();
      if (this.#is("{")) {
        if (open.length > MAX_DEPTH) throw NO_DOCUMENT;
        open.push(false);
        this.#next();
      }
    }
  }

  #readField(): void {
    this.#expectName();
    if (this.#is(":")) {
      this.#next();
      this.#expectName();
    }
    if (this.#is("(")) this.#skipArguments("");
    this.#skipDirectives();
  }

  #readFragment(): void {
    this.#next();
    if (this.#is("on")) {
      this.#next();
      this.#expectName();
    } else if (NAME.test(this.#token)) this.#next();
    this.#skipDirectives();
  }

  #skipDirectives(): void {
    while (this.#is("@")) {
      this.#next();
      this.#expectName();
      if (this.#is("(")) this.#skipArguments("");
    }
  }

  /** `(first: 10, after: "x")`; of variables `($id: ID! = 1)`. Begins with a name and a colon, and is closed. */
  #skipArguments(sigil: "$" | ""): void {
    this.#next();
    if (sigil !== "") {
      if (!this.#is(sigil)) throw this.#is("") ? CUT : NO_DOCUMENT;
      this.#next();
    }
    this.#expectName();
    if (!this.#is(":")) throw this.#is("") ? CUT : NO_DOCUMENT;
    const closers = [")"];
    while (closers.length > 0) {
      this.#next();
      const closer = CLOSERS[this.#token];
      if (closer !== undefined) closers.push(closer);
      else if (/^[)\]}]$/.test(this.#token) && closers.pop() !== this.#token) throw NO_DOCUMENT;
      else if (this.#is("") || closers.length > MAX_DEPTH) throw this.#is("") ? CUT : NO_DOCUMENT;
    }
    this.#next();
  }

  #is(token: string): boolean {
    return this.#token === token;
  }

  #expectName(): void {
    if (!NAME.test(this.#token)) throw this.#is("") ? CUT : NO_DOCUMENT;
    this.#next();
  }

  #next(): void {
    IGNORED.lastIndex = this.#at;
    IGNORED.test(this.#text);
    TOKEN.lastIndex = IGNORED.lastIndex;
    const token = TOKEN.exec(this.#text)?.[0];
    if (token === undefined) {
      const rest = this.#text.slice(IGNORED.lastIndex);
      if (rest !== "" && !(this.#isCut && CUT_TOKEN.test(rest))) throw NO_DOCUMENT;
      this.#at = this.#text.length;
      this.#token = "";
      return;
    }
    this.#at = TOKEN.lastIndex;
    this.#token = token;
  }
}

function choose(operations: readonly GraphqlOperation[], wanted: string | undefined): GraphqlOperation | undefined {
  return operations.find(({ name }) => name === wanted) ?? operations[0];
}

/** White space, commas and comments mean nothing (§2.1). */
const IGNORED = /(?:[\s,\uFEFF]|#[^\r\n]*)*/y;
const TOKEN =
  /\.\.\.|[!$&()[\]{}:=|@]|[_A-Za-z]\w*|-?\d[\w.+-]*|"""(?:[^"\\]|\\[\s\S]|"(?!""))*"""|"(?!"")(?:[^"\\\r\n]|\\.)*"/y;
/** The beginning of one: a text has no closing quote. */
const CUT_TOKEN = /^(?:"|\.\.?$|-$)/;
const NAME = /^[_A-Za-z]/;
const CLOSERS: Readonly<Record<string, string | undefined>> = { "(": ")", "[": "]", "{": "}" };
const MAX_DEPTH = 256;

/** The text is over where a document is not. */
const CUT = Symbol("cut");
const NO_DOCUMENT = Symbol("no document");
