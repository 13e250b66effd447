import { FilterFault } from "../filter-error.ts";
import { keywordOf, readBareOperand } from "./bare-operand.ts";
import { Cursor } from "./cursor.ts";
import { describeUnexpected, describeWord, unclosedBracket } from "./hints.ts";
import { readNumber, readString } from "./literals.ts";
import type { BinaryOperator, CallNode, ListNode, MapNode, Node } from "./node.ts";
import { readShortForm, type ShortForm } from "./short-forms.ts";

/** Characters of a filter, and how deep brackets and prefix operators may be nested. */
const MAX_FILTER_LENGTH = 8192;
const MAX_FILTER_DEPTH = 64;

/**
 * Parses a filter: CEL's grammar (https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax) with optional
 * fields and quoted selectors, the words `and`, `or`, `not`, and the short forms where a term may stand.
 * @throws FilterFault
 */
export function parseFilter(text: string): Node {
  if (text.length > MAX_FILTER_LENGTH)
    throw new FilterFault(`it has ${text.length} characters, at most ${MAX_FILTER_LENGTH} are read`, 0, 0);
  if (text.trim() === "")
    throw new FilterFault("it is empty", 0, 0, "for example: 5xx, GET /users*, response.code >= 500");
  return new Parser(text).parse();
}

class Parser extends Cursor {
  #depth = 0;
  /** Where brackets that are open stand. */
  readonly #open: number[] = [];
  /** The keyword that an operand which begins here has from the one before it. */
  #carried: { readonly keyword?: string | undefined; readonly kind?: "and" | "or" } = {};
  /** Variables of the macros around: their names are no short forms. */
  readonly #variables: string[] = [];

  parse(): Node {
    const node = this.#expression();
    if (this.peek() !== "") throw this.#unexpected();
    return node;
  }

  #expression(): Node {
    this.#deeper();
    const condition = this.#or();
    if (!this.take("?")) {
      this.#depth--;
      return condition;
    }
    const yes = this.#or();
    this.#need(":", "? needs a : and what holds otherwise");
    const no = this.#expression();
    this.#depth--;
    return { kind: "conditional", condition, yes, no, start: condition.start, end: no.end };
  }

  #or(): Node {
    return this.#chain("or", "||", () => this.#and());
  }

  #and(): Node {
    return this.#chain("and", "&&", () => this.#relation());
  }

  #chain(kind: "and" | "or", symbol: string, operand: () => Node): Node {
    const parts = [operand()];
    while (this.take(symbol) || this.takeWord(kind)) {
      this.#carried = { keyword: keywordOf(parts.at(-1)!, this.text), kind };
      parts.push(operand());
    }
    return parts.length === 1 ? parts[0]! : { kind, parts, start: parts[0]!.start, end: parts.at(-1)!.end };
  }

  /** An operand that has the keyword of the one before it. */
  #continued(): Node | undefined {
    const { keyword, kind } = this.#carried;
    if (keyword === undefined) return undefined;
    this.#carried = {};
    const written = readBareOperand(this.text, this.at, keyword, kind);
    if (written === undefined) return undefined;
    const form = readShortForm(`${keyword} ${written}`, 0, this.at - keyword.length - 1);
    return { ...this.#short(form!, written.length), keyword } as Node;
  }

  #relation(): Node {
    const start = this.skip();
    if (!this.#variables.includes("not") && this.takeWord("not")) {
      this.#deeper();
      const operand = this.#relation();
      this.#depth--;
      return { kind: "not", operand, start, end: operand.end };
    }
    return this.#binary(RELATIONS, () => this.#binary(ADDITIONS, () => this.#binary(PRODUCTS, () => this.#unary())));
  }

  #binary(operators: RegExp, operand: () => Node): Node {
    let left = operand();
    for (let length = 0; ; length++) {
      this.skip();
      operators.lastIndex = this.at;
      const operator = operators.exec(this.text)?.[0] as BinaryOperator | undefined;
      if (operator === undefined) return left;
      if (length > MAX_CHAIN) throw new FilterFault("operators are nested too deep", this.at, this.at + 1);
      this.at += operator.length;
      if (/^(?:$|[),])/.test(this.peek()))
        throw new FilterFault(
          `something is missing after ${operator}`,
          this.at - operator.length - this.gap,
          this.at - this.gap,
        );
      const right = operand();
      left = { kind: "binary", operator, left, right, start: left.start, end: right.end };
    }
  }

  #unary(): Node {
    const start = this.skip();
    const symbol = this.text[start];
    if (symbol === "-") {
      const number = /-\s*/y;
      number.lastIndex = start;
      const digits = start + number.exec(this.text)![0].length;
      const literal = readNumber(this.text, digits, start, true);
      if (literal !== undefined) {
        this.at = literal.end;
        return this.#member(literal);
      }
    }
    if (symbol !== "!" && symbol !== "-") return this.#member(this.#primary());
    this.at++;
    this.#deeper();
    if (this.peek() === "") throw new FilterFault(`something is missing after ${symbol}`, start, start + 1);
    const word = symbol === "!" && this.takeWord("not") ? this.at - 3 : undefined;
    const operand = word === undefined ? this.#unary() : this.#negated(word);
    this.#depth--;
    return { kind: symbol === "!" ? "not" : "negate", operand, start, end: operand.end };
  }

  #negated(start: number): Node {
    const operand = this.#unary();
    return { kind: "not", operand, start, end: operand.end };
  }

  #primary(): Node {
    const start = this.skip();
    const text = this.text;
    const char = text[start];
    if (/[([{!'"]/.test(char ?? "")) this.#carried = {};
    if (char === "(") {
      const inner = this.#bracketed("(", ")", () => this.#expression());
      return { ...inner, start, end: this.at };
    }
    if (char === "[") return this.#list(start);
    if (char === "{") return this.#map(start);
    const continued = this.#continued();
    if (continued !== undefined) return continued;
    const form = readShortForm(text, start, start);
    if (form !== undefined && !this.#variables.includes(form.text.split(/\s/)[0]!)) {
      const node = this.#short(form, form.text.length);
      if (text[this.at] === "(")
        throw new FilterFault(
          `${form.text} is a condition, not a function`,
          start,
          this.at,
          `write ${form.text} by itself`,
        );
      return node;
    }
    const string = readString(text, start);
    if (string !== undefined) return this.#literal(string);
    const address = /\d+\.\d+\.\d+(?:\.\d+)?(?::\d+|\/\d+)?/y;
    address.lastIndex = start;
    const quoted = address.exec(text)?.[0];
    if (quoted !== undefined)
      throw new FilterFault(`${quoted} has to be quoted`, start, start + quoted.length, `write '${quoted}'`);
    const number = readNumber(text, start, start, false);
    if (number !== undefined) {
      if (/[\w]/.test(text[number.end] ?? "")) throw describeWord(text, start);
      return this.#literal(number);
    }
    return this.#name(start);
  }

  #literal(node: Node): Node {
    this.at = node.end;
    return node;
  }

  #short(form: ShortForm, length: number): Node {
    const start = this.at;
    this.at += length;
    return { kind: "short", cel: form.cel, start, end: this.at };
  }

  #name(start: number): Node {
    const rooted = this.take(".");
    const name = this.identifier();
    if (name === undefined) throw this.#unexpected();
    const end = this.at;
    if (!rooted && Object.hasOwn(LITERALS, name)) {
      const [type, value] = LITERALS[name as keyof typeof LITERALS];
      return { kind: "literal", type, value, start, end } as Node;
    }
    if (/^(?:and|or)$/i.test(name) && !this.#variables.includes(name))
      throw new FilterFault(`something is missing before ${name}`, end - name.length, end);
    if (RESERVED.has(name))
      throw new FilterFault(`${name} is a reserved word`, end - name.length, end, `a text is quoted: '${name}'`);
    if (this.peek() === "(") return this.#call(name, end - name.length, undefined);
    return { kind: "name", name, start, end };
  }

  #member(first: Node): Node {
    let node = first;
    for (let length = 0; ; length++) {
      if (length > MAX_CHAIN * 2) throw new FilterFault("it is nested too deep", this.at, this.at + 1);
      const next = this.peek();
      if (next === ".") {
        this.at++;
        const optional = this.take("?");
        const start = this.skip();
        const field = this.identifier() ?? this.quotedField();
        if (field === undefined) throw this.#unexpected();
        node =
          this.peek() === "(" && !optional
            ? this.#call(field, start, node)
            : { kind: "select", operand: node, field, optional, start: node.start, end: this.#end(start, field) };
      } else if (next === "[") {
        let optional = false;
        const index = this.#bracketed("[", "]", () => {
          optional = this.take("?");
          return this.#expression();
        });
        node = { kind: "index", operand: node, index, optional, start: node.start, end: this.at };
      } else if (next === "{" && isTypeName(node))
        throw new FilterFault("messages of Protocol Buffers are not part of the filter language", this.at, this.at + 1);
      else return node;
    }
  }

  #end(start: number, field: string): number {
    return this.text[start] === "`" ? start + field.length + 2 : start + field.length;
  }

  #call(name: string, nameStart: number, target: Node | undefined): CallNode {
    const args: Node[] = [];
    const bound = this.#variables.length;
    this.#bracketed("(", ")", () => {
      while (this.peek() !== ")") {
        const arg = this.#expression();
        args.push(arg);
        if (BINDING.has(name) && arg.kind === "name" && this.peek() === ",") this.#variables.push(arg.name);
        if (!this.take(",")) break;
      }
    });
    this.#variables.length = bound;
    return { kind: "call", name, nameStart, target, args, start: target?.start ?? nameStart, end: this.at };
  }

  #list(start: number): ListNode {
    const elements: ListNode["elements"][number][] = [];
    this.#bracketed("[", "]", () => {
      while (this.peek() !== "]") {
        const optional = this.take("?");
        elements.push({ value: this.#expression(), optional });
        if (!this.take(",")) break;
      }
    });
    return { kind: "list", elements, start, end: this.at };
  }

  #map(start: number): MapNode {
    const entries: MapNode["entries"][number][] = [];
    this.#bracketed("{", "}", () => {
      while (this.peek() !== "}") {
        const optional = this.take("?");
        const key = this.#expression();
        this.#need(":", "a map is written {'key': value}");
        entries.push({ key, value: this.#expression(), optional });
        if (!this.take(",")) break;
      }
    });
    return { kind: "map", entries, start, end: this.at };
  }

  #bracketed<T>(opening: string, closing: string, read: () => T): T {
    this.#deeper();
    this.#open.push(this.at);
    this.take(opening);
    const result = read();
    if (!this.take(closing)) throw this.#unexpected();
    this.#open.pop();
    this.#depth--;
    return result;
  }

  #deeper(): void {
    if (++this.#depth > MAX_FILTER_DEPTH * 2 || this.#open.length >= MAX_FILTER_DEPTH)
      throw new FilterFault(`it is nested deeper than ${MAX_FILTER_DEPTH}`, this.at, this.at + 1, "write it flatter");
  }

  #need(symbol: string, message: string): void {
    if (this.take(symbol)) return;
    if (this.peek() === "") throw this.#unexpected();
    throw new FilterFault(message, this.at, this.at + 1);
  }

  #unexpected(): FilterFault {
    this.skip();
    const open = this.#open.at(-1);
    return unclosedBracket(this.text, this.at, open) ?? describeUnexpected(this.text, this.at, this.#open.length > 0);
  }
}

/** `a + b + c + …` becomes a tree as deep as it is long. */
const MAX_CHAIN = 100;
const RELATIONS = /[<>=!]=|[<>]|in(?!\w)/y;
const ADDITIONS = /[+-]/y;
const PRODUCTS = /[*/%]/y;

const LITERALS = { true: ["bool", true], false: ["bool", false], null: ["null", null] } as const;

/** Words that CEL keeps for languages around it. */
const RESERVED = new Set(
  "as break const continue else for function if import in let loop package namespace return var void while".split(" "),
);

/** Macros whose first arguments name variables. */
const BINDING = new Set(
  "all exists exists_one existsOne map filter bind transformList transformMap transformMapEntry optMap optFlatMap".split(
    " ",
  ),
);

function isTypeName(node: Node): boolean {
  return node.kind === "name" || (node.kind === "select" && isTypeName(node.operand));
}
