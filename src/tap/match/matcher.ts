import {
  compileFilter,
  type Filter,
  type FilterFailures,
  hasReached,
  phaseOfAttributes,
  type StreamPhase,
  type StreamView,
} from "../../analysis/filter/index.ts";
import type { Connection, Exchange, Header } from "../../model/index.ts";
import type { BodyPredicate, HeaderPhase, MatchPredicate } from "../config/match-predicate.ts";
import { BodySearch } from "./body-search.ts";
import { compileHeaderMatcher, type HeadersTest } from "./compile-header-matcher.ts";
import { StreamViewer } from "./stream-viewer.ts";

/**
 * A predicate, compiled once and followed for each stream (a transport socket's connection, or an HTTP exchange).
 *
 *     predicate              node 0  and ─┬─ node 1  headers(request)      a stream has one status per node:
 *                                         └─ node 2  not ── node 3  body    { matches, might change }
 */
export class Matcher {
  readonly #root: Node;
  readonly #nodeCount: number;
  /** Whether an expression in it may look at the connection. */
  readonly hasExpressions: boolean;

  /** @param onFailure called where an expression goes beyond its limits: it does not match then */
  constructor(predicate: MatchPredicate, onFailure?: (failures: FilterFailures) => void) {
    const compiler = new Compiler(onFailure);
    this.#root = compiler.compile(predicate);
    this.#nodeCount = compiler.nodeCount;
    this.hasExpressions = compiler.hasExpressions;
  }

  /** The verdict on a transport socket's connection, which shows nothing of HTTP: it is decided when it begins. */
  get matchesConnections(): boolean {
    return this.start().matches;
  }

  /**
   * Follows a new stream; `any_match` and what depends on nothing else is decided at once.
   *
   * @param connection for expressions: the one that the stream is on
   * @param phase `made` for a connection that is just being made, `open` for a stream on one that can be used
   */
  start(connection?: Connection, phase: "made" | "open" = "open"): StreamMatch {
    const viewer = this.hasExpressions && connection !== undefined ? new StreamViewer(connection) : undefined;
    return new StreamMatch(this.#root, this.#nodeCount, viewer, phase);
  }
}

/**
 * How far one stream matches. The phases come in the order of HTTP: request headers, body, trailers, response headers, body,
 * trailers; any of them may be left out. A node whose status cannot change any more is not looked at again.
 */
export class StreamMatch {
  readonly #root: Node;
  readonly #statuses: number[];
  readonly #searches: (BodySearch | undefined)[] = [];
  /** Where there are expressions. */
  readonly #viewer: StreamViewer | undefined;

  constructor(root: Node, nodeCount: number, viewer: StreamViewer | undefined, phase: "made" | "open") {
    this.#root = root;
    this.#statuses = new Array<number>(nodeCount).fill(MIGHT_CHANGE);
    this.#viewer = viewer;
    this.#update(root, { kind: "start" });
    if (viewer !== undefined) this.#reach(viewer, phase);
  }

  /** Whether the stream matches, as far as it was seen. */
  get matches(): boolean {
    return (this.#statuses[this.#root.index]! & MATCHES) !== 0;
  }

  /** Whether what comes may change that. */
  get mightChange(): boolean {
    return (this.#statuses[this.#root.index]! & MIGHT_CHANGE) !== 0;
  }

  /** Header names in any case, pseudo-headers included. */
  onHeaders(phase: HeaderPhase, headers: readonly Header[]): void {
    if (!this.mightChange) return;
    this.#update(this.#root, { kind: "headers", phase, headers });
    if (this.#viewer?.onHeaders(phase, headers) === true) this.#show(this.#viewer);
  }

  /** The connection can be used: what TLS agreed on is known. */
  onOpen(): void {
    if (this.#viewer !== undefined) this.#reach(this.#viewer, "open");
  }

  /** @param exchange makes the whole of it, with the bodies that expressions may look into */
  onEnd(exchange: () => Exchange): void {
    if (this.#viewer !== undefined && this.mightChange) this.#show({ phase: "end", exchange: exchange() });
  }

  #reach(viewer: StreamViewer, phase: "made" | "open"): void {
    viewer.phase = phase;
    this.#show(viewer);
  }

  #show(view: StreamView): void {
    if (this.mightChange) this.#update(this.#root, { kind: "view", view });
  }

  /** @param chunk borrowed; an empty one says nothing */
  onBody(message: "request" | "response", chunk: Uint8Array): void {
    if (this.mightChange && chunk.length > 0) this.#update(this.#root, { kind: "body", message, chunk });
  }

  #update(node: Node, event: MatchEvent): void {
    if ((this.#statuses[node.index]! & MIGHT_CHANGE) === 0) return;
    this.#statuses[node.index] = this.#statusAfter(node, event);
  }

  #statusAfter(node: Node, event: MatchEvent): number {
    const before = this.#statuses[node.index]!;
    switch (node.kind) {
      case "any":
        return MATCHES;
      case "not": {
        this.#update(node.rule, event);
        return this.#statuses[node.rule.index]! ^ MATCHES;
      }
      case "and":
      case "or":
        return this.#combine(node, event);
      case "headers":
        if (event.kind !== "headers" || event.phase !== node.phase) return before;
        return node.tests.every((test) => test(event.headers)) ? MATCHES : 0;
      case "body":
        if (event.kind !== "body" || event.message !== node.predicate.message) return before;
        return this.#search(node, event.chunk);
      case "expression": {
        if (event.kind !== "view") return before;
        const failed = node.filter.failures.count;
        const value = node.filter.evaluate("stream", event.view);
        // A match that went beyond the limits will do so again: it does not match, and is not asked again.
        if (node.filter.failures.count > failed) return 0;
        if (value === undefined && !hasReached(event.view.phase, node.decidedBy)) return MIGHT_CHANGE;
        return value === true ? MATCHES : 0;
      }
    }
  }

  #combine(node: Node & { kind: "and" | "or" }, event: MatchEvent): number {
    let all = MATCHES;
    let some = 0;
    let mightChange = 0;
    for (const rule of node.rules) {
      this.#update(rule, event);
      const status = this.#statuses[rule.index]!;
      all &= status;
      some |= status & MATCHES;
      mightChange |= status & MIGHT_CHANGE;
    }
    return (node.kind === "and" ? all : some) | mightChange;
  }

  #search(node: Node & { kind: "body" }, chunk: Uint8Array): number {
    let search = this.#searches[node.index];
    if (search === undefined) {
      search = new BodySearch(node.predicate.patterns, node.predicate.bytesLimit);
      this.#searches[node.index] = search;
    }
    search.push(chunk);
    if (!search.isFound && !search.isExhausted) return MIGHT_CHANGE;
    this.#searches[node.index] = undefined;
    return search.isFound ? MATCHES : 0;
  }
}

const MATCHES = 1;
const MIGHT_CHANGE = 2;

type Node = { readonly index: number } & (
  | { readonly kind: "any" }
  | { readonly kind: "not"; readonly rule: Node }
  | { readonly kind: "and" | "or"; readonly rules: readonly Node[] }
  | { readonly kind: "headers"; readonly phase: HeaderPhase; readonly tests: readonly HeadersTest[] }
  | { readonly kind: "body"; readonly predicate: BodyPredicate }
  | { readonly kind: "expression"; readonly filter: Filter; readonly decidedBy: StreamPhase }
);

type MatchEvent =
  | { readonly kind: "start" }
  | { readonly kind: "headers"; readonly phase: HeaderPhase; readonly headers: readonly Header[] }
  | { readonly kind: "body"; readonly message: "request" | "response"; readonly chunk: Uint8Array }
  | { readonly kind: "view"; readonly view: StreamView };

class Compiler {
  nodeCount = 0;
  hasExpressions = false;
  readonly #onFailure: ((failures: FilterFailures) => void) | undefined;

  constructor(onFailure: ((failures: FilterFailures) => void) | undefined) {
    this.#onFailure = onFailure;
  }

  compile(predicate: MatchPredicate): Node {
    const index = this.nodeCount++;
    switch (predicate.kind) {
      case "any":
        return { index, kind: "any" };
      case "not":
        return { index, kind: "not", rule: this.compile(predicate.rule) };
      case "and":
      case "or":
        return { index, kind: predicate.kind, rules: predicate.rules.map((rule) => this.compile(rule)) };
      case "headers":
        return {
          index,
          kind: "headers",
          phase: predicate.phase,
          tests: predicate.headers.map((matcher) => compileHeaderMatcher(matcher, predicate.phase)),
        };
      case "body":
        return { index, kind: "body", predicate };
      case "expression": {
        this.hasExpressions = true;
        const filter = compileFilter(predicate.text, {
          code: "configuration",
          ...(this.#onFailure && { onFailure: this.#onFailure }),
        });
        return { index, kind: "expression", filter, decidedBy: phaseOfAttributes(filter.attributes) };
      }
    }
  }
}
