import { TaplineError } from "../../../model/index.ts";

/** Facts that a template may look at: values by their names, and methods, which get texts. */
export interface TemplateContext {
  readonly [name: string]: TemplateValue;
}
export type TemplateValue =
  | string
  | number
  | boolean
  | undefined
  | TemplateContext
  | ((...args: readonly string[]) => TemplateValue);

/** A parsed template. */
export interface Template {
  readonly text: string;
  /** @throws TaplineError (`configuration`) for a field or a method that there is not */
  render(context: TemplateContext): string;
}

/**
 * The part of Go's text/template that Rover's configuration is written in: field paths (`.Pod.Name`), methods with texts
 * (`.Pod.LabelValue "app" ""`), `eq`, `ne`, `and`, `or`, `not`, parentheses and pipes.
 * @throws TaplineError (`configuration`) that names what is not understood
 */
export function parseTemplate(text: string): Template {
  const parts: (string | Expression)[] = [];
  let at = 0;
  for (const match of text.matchAll(/\{\{-?\s*(.*?)\s*-?\}\}/gs)) {
    parts.push(text.slice(at, match.index), new Parser(match[1]!, text).parse());
    at = match.index + match[0].length;
  }
  const rest = text.slice(at);
  if (rest.includes("{{")) throw failure(text, "an action is not closed");
  parts.push(rest);
  return {
    text,
    render: (context) => parts.map((part) => (typeof part === "string" ? part : show(part(context)))).join(""),
  };
}

/** A condition of an analyzer: a template, or an expression by itself, that gives true. */
export function parseCondition(text: string): (context: TemplateContext) => boolean {
  const template = parseTemplate(text.includes("{{") ? text : `{{${text}}}`);
  return (context) => template.render(context).trim() === "true";
}

type Expression = (context: TemplateContext) => TemplateValue;

const FUNCTIONS: Readonly<Record<string, (args: readonly TemplateValue[]) => TemplateValue>> = {
  eq: ([first, ...others]) => others.some((other) => other === first),
  ne: ([first, second]) => first !== second,
  and: (args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1),
  or: (args) => args.find(isTrue) ?? args.at(-1),
  not: ([arg]) => !isTrue(arg),
};

class Parser {
  readonly #tokens: string[];
  readonly #template: string;
  #at = 0;

  constructor(text: string, template: string) {
    this.#template = template;
    // `(.Pod.FindContainer "app").ID`: fields of what stands in parentheses.
    this.#tokens = text.match(/"(?:[^"\\]|\\.)*"|`[^`]*`|\)(?:\.\w+)*|[(|]|[^\s()|"`]+/g) ?? [];
  }

  parse(): Expression {
    const expression = this.#pipeline();
    if (this.#at < this.#tokens.length) throw failure(this.#template, `${this.#tokens[this.#at]} is not understood`);
    return expression;
  }

  #pipeline(): Expression {
    let expression = this.#command();
    while (this.#tokens[this.#at] === "|") {
      this.#at++;
      expression = this.#command(expression);
    }
    return expression;
  }

  /** @param last what stands before the pipe: the last argument */
  #command(last?: Expression): Expression {
    const head = this.#tokens[this.#at];
    if (head === undefined) throw failure(this.#template, "an expression is missing");
    const isFunction = Object.hasOwn(FUNCTIONS, head);
    const isPath = head.startsWith(".");
    const first = isFunction ? undefined : this.#operand();
    if (isFunction) this.#at++;
    const args: Expression[] = [];
    while (this.#at < this.#tokens.length && this.#tokens[this.#at] !== "|" && !this.#tokens[this.#at]!.startsWith(")"))
      args.push(this.#operand());
    if (last !== undefined) args.push(last);
    if (isFunction) return (context) => FUNCTIONS[head]!(args.map((arg) => arg(context)));
    if (args.length === 0) return first!;
    if (!isPath) throw failure(this.#template, `${head} takes no arguments`);
    const path = head;
    const template = this.#template;
    return (context) =>
      find(
        context,
        path,
        template,
        args.map((arg) => show(arg(context))),
      );
  }

  #operand(): Expression {
    const token = this.#tokens[this.#at++]!;
    if (token === "(") {
      const inner = this.#pipeline();
      const closing = this.#tokens[this.#at++];
      if (closing?.startsWith(")") !== true) throw failure(this.#template, "a parenthesis is not closed");
      const path = closing.slice(1);
      return path === "" ? inner : (context) => find(inner(context), path, this.#template, []);
    }
    const template = this.#template;
    if (token.startsWith(".")) return (context) => find(context, token, template, []);
    if (token.startsWith('"')) return constant(readString(token, template));
    if (token.startsWith("`")) return constant(token.slice(1, -1));
    if (token === "true" || token === "false") return constant(token === "true");
    if (/^-?\d+$/.test(token)) return constant(Number(token));
    throw failure(template, `${token} is not understood`);
  }
}

function constant(value: TemplateValue): Expression {
  return () => value;
}

function readString(token: string, template: string): string {
  try {
    return JSON.parse(token) as string;
  } catch {
    throw failure(template, `${token} is not understood`);
  }
}

function find(context: TemplateValue, path: string, template: string, args: readonly string[]): TemplateValue {
  let value = context;
  for (const name of path.split(".").slice(1)) {
    if (name === "") continue;
    if (typeof value !== "object" || !Object.hasOwn(value, name)) throw failure(template, `there is no ${path}`);
    value = value[name];
  }
  if (typeof value === "function") return value(...args);
  if (args.length > 0) throw failure(template, `${path} takes no arguments`);
  return value;
}

function isTrue(value: TemplateValue): boolean {
  return value !== undefined && value !== "" && value !== 0 && value !== false;
}

function show(value: TemplateValue): string {
  return value === undefined || typeof value === "object" || typeof value === "function" ? "" : String(value);
}

function failure(template: string, what: string): TaplineError {
  return new TaplineError("configuration", `the template ${JSON.stringify(template)}: ${what}`, {
    hint: "understood are field paths, Rover's methods, eq, ne, and, or, not, and pipes",
  });
}
