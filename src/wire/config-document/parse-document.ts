import type * as Yaml from "yaml";
import { type Place, TaplineError } from "../../model/index.ts";
import type { DocumentNode, MappingEntry, ScalarNode } from "./document.ts";

export interface ParseDocumentOptions {
  /** The name of the document in messages. */
  readonly file?: string;
  /** How deep nodes may stand in one another; default 100, protobuf's limit. */
  readonly maxDepth?: number;
  /** How many nodes there may be, those behind an alias counted each time; default 1 000 000. */
  readonly maxNodes?: number;
}

const DEFAULT_MAX_DEPTH = 100;
const DEFAULT_MAX_NODES = 1_000_000;

/**
 * Reads one YAML 1.2 (core schema) or JSON document. Whole numbers with a leading zero are octal, as in YAML 1.1 and in Envoy's and
 * Go's readers, and text where they cannot be. The parser is loaded at the first call.
 *
 * @throws TaplineError (`configuration`) with line and column: wrong syntax, a key that is there twice, a key that is not a
 *   plain value, more than one document, nothing at all, or a limit.
 */
export async function parseDocument(text: string, options: ParseDocumentOptions = {}): Promise<DocumentNode> {
  const yaml = await import("yaml");
  const lines = new yaml.LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { ...(options.file === undefined ? {} : { file: options.file }), line: Math.max(1, line), column: col || 1 };
  };
  const tooDeep = findTooDeep(yaml, text, options.maxDepth ?? DEFAULT_MAX_DEPTH);
  if (tooDeep !== undefined) {
    lines.addNewLine(0);
    for (let at = text.indexOf("\n"); at >= 0 && at < tooDeep; at = text.indexOf("\n", at + 1))
      lines.addNewLine(at + 1);
    refuse(placeAt(tooDeep), `values stand more than ${options.maxDepth ?? DEFAULT_MAX_DEPTH} deep in one another`);
  }
  const documents = yaml.parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    intAsBigInt: true,
    version: "1.2",
    logLevel: "silent",
  });
  const [document, second] = "empty" in documents ? [] : documents;
  if (document === undefined || (document.contents === null && document.errors.length === 0))
    throw new TaplineError("configuration", "the configuration is empty", { place: placeAt(0) });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined)
    throw new TaplineError("configuration", explainSyntaxError(problem), { place: placeAt(problem.pos[0]) });
  if (second !== undefined)
    throw new TaplineError("configuration", "a second document begins here: expected one", {
      place: placeAt(second.range[0]),
    });
  return new TreeBuilder(yaml, document, placeAt, options).build(document.contents, placeAt(0), 0);
}

/**
 * Where brackets stand deeper in one another than is allowed; undefined where they do not. The parser descends by
 * recursion, and what is a thousand deep exhausts the stack: so this is found out before.
 */
function findTooDeep(yaml: typeof import("yaml"), text: string, maxDepth: number): number | undefined {
  let depth = 0;
  let offset = 0;
  for (const token of new yaml.Lexer().lex(text)) {
    // Marks of the lexer's own: the beginning of a document, of a scalar, and an error.
    if (token === "\u0002" || token === "\u001f" || token === "\u0018") continue;
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth = Math.max(0, depth - 1);
    if (depth > maxDepth) return offset;
    offset += token.length;
  }
  return undefined;
}

class TreeBuilder {
  readonly #yaml: typeof Yaml;
  readonly #placeAt: (offset: number) => Place;
  readonly #maxDepth: number;
  readonly #maxNodes: number;
  readonly #targets: ReadonlyMap<unknown, Yaml.Node>;
  #nodes = 0;

  constructor(
    yaml: typeof Yaml,
    document: Yaml.Document.Parsed,
    placeAt: (offset: number) => Place,
    limits: ParseDocumentOptions,
  ) {
    this.#yaml = yaml;
    this.#targets = findTargets(yaml, document);
    this.#placeAt = placeAt;
    this.#maxDepth = limits.maxDepth ?? DEFAULT_MAX_DEPTH;
    this.#maxNodes = limits.maxNodes ?? DEFAULT_MAX_NODES;
  }

  /** @param outer where to point when the node itself has no place */
  build(node: unknown, outer: Place, depth: number): DocumentNode {
    const { isAlias, isMap, isScalar, isSeq } = this.#yaml;
    const place = this.#placeOf(node, outer);
    if (depth > this.#maxDepth) refuse(place, `values stand more than ${this.#maxDepth} deep in one another`);
    if (++this.#nodes > this.#maxNodes) refuse(place, `there are more than ${this.#maxNodes} values`);
    if (isAlias(node)) {
      const target = this.#targets.get(node);
      if (target === undefined) refuse(place, `nothing is anchored as &${node.source}`);
      return this.build(target, place, depth + 1);
    }
    if (isScalar(node)) return buildScalar(node, place);
    if (isSeq(node)) {
      return { kind: "sequence", items: node.items.map((item) => this.build(item, place, depth + 1)), place };
    }
    if (!isMap(node)) return { kind: "scalar", value: null, place };
    const entries = node.items.map((pair): MappingEntry => {
      const keyPlace = this.#placeOf(pair.key, place);
      if (!isScalar(pair.key) || pair.key.value === null) refuse(keyPlace, "expected a field's name as the key");
      return { key: keyOf(pair.key), keyPlace, value: this.build(pair.value, keyPlace, depth + 1) };
    });
    return { kind: "mapping", entries, place };
  }

  #placeOf(node: unknown, outer: Place): Place {
    return this.#yaml.isNode(node) && node.range ? this.#placeAt(node.range[0]) : outer;
  }
}

/** A key is text, however it would be read as a value: `1.10` and `0x1F` are not `1.1` and `31`. */
function keyOf({ value, source }: Yaml.Scalar): string {
  return typeof value === "string" ? value : (source ?? String(value));
}

/** The node behind each alias: the last one before it with that anchor. Asked for one by one, each would be looked for in the whole document. */
function findTargets(yaml: typeof Yaml, document: Yaml.Document.Parsed): ReadonlyMap<unknown, Yaml.Node> {
  const anchors = new Map<string, Yaml.Node>();
  const targets = new Map<unknown, Yaml.Node>();
  yaml.visit(document, {
    Value: (_key, node) => {
      if (node.anchor) anchors.set(node.anchor, node);
    },
    Alias: (_key, node) => {
      const target = anchors.get(node.source);
      if (target !== undefined) targets.set(node, target);
    },
  });
  return targets;
}

function buildScalar({ value, type, source }: Yaml.Scalar, place: Place): ScalarNode {
  if (type === "PLAIN" && source !== undefined) {
    if (typeof value === "number") return { kind: "scalar", value, source, place };
    const [, sign, digits] = /^([-+]?)0(\d+)$/.exec(source) ?? [];
    if (typeof value === "bigint" && digits !== undefined) {
      const octal = /[89]/.test(digits) ? source : BigInt(`0o${digits}`) * (sign === "-" ? -1n : 1n);
      return { kind: "scalar", value: octal, place };
    }
  }
  return { kind: "scalar", value: scalarValue(value, place), place };
}

function scalarValue(value: unknown, place: Place): string | bigint | number | boolean | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "bigint" || typeof value === "number" || typeof value === "boolean")
    return value;
  return refuse(place, "expected text, a number, true or false");
}

function explainSyntaxError(problem: Yaml.YAMLError): string {
  if (problem.message.startsWith("Maximum call stack")) return "values stand too deep in one another";
  return problem.code === "DUPLICATE_KEY" ? "this key is there twice in one mapping" : problem.message;
}

function refuse(place: Place, message: string): never {
  throw new TaplineError("configuration", message, { place });
}
