import type { Header } from "../../model/index.ts";
import type { BodyPredicate, HeaderPhase, MatchPredicate } from "../config/match-predicate.ts";
import { BodySearch } from "./body-search.ts";
import { compileHeaderMatcher, type HeadersTest } from "./compile-header-matcher.ts";

/**
 * A predicate, compiled once and followed for each stream (a transport socket's connection, or an HTTP exchange).
 *
 *     predicate              node 0  and ─┬─ node 1  headers(request)      a stream has one status per node:
 *                                         └─ node 2  not ── node 3  body    { matches, might change }
 */
export class Matcher {
  readonly #root: Node;
  readonly #nodeCount: number;

  constructor(predicate: MatchPredicate) {
    const compiler = new Compiler();
    this.#root = compiler.compile(predicate);
    this.#nodeCount = compiler.nodeCount;
  }

  /** Follows a new stream; `any_match` and what depends on nothing else is decided at once. */
  start(): StreamMatch {
    return new StreamMatch(this.#root, this.#nodeCount);
  }

  /** What a transport socket's connection comes to, which shows nothing of HTTP: it is decided when it begins. */
  get matchesConnections(): boolean {
    return this.start().matches;
  }
}

/**
 * How far one stream matches. The phases come in the order of HTTP: request headers, body, trailers, response headers, body,
 * trailers; any of them may be left out. A node whose status cannot change any more is not looked at again.
 */
export class StreamMatch {
  readonly #root: Node;
  readonly #statuses: Uint8Array;
  readonly #searches: (BodySearch | undefined)[] = [];

  constructor(root: Node, nodeCount: number) {
    this.#root = root;
    this.#statuses = new Uint8Array(nodeCount).fill(MIGHT_CHANGE);
    this.#update(root, { kind: "start" });
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
    if (this.mightChange) this.#update(this.#root, { kind: "headers", phase, headers });
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
);

type MatchEvent =
  | { readonly kind: "start" }
  | { readonly kind: "headers"; readonly phase: HeaderPhase; readonly headers: readonly Header[] }
  | { readonly kind: "body"; readonly message: "request" | "response"; readonly chunk: Uint8Array };

class Compiler {
  nodeCount = 0;

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
        return { index, kind: "headers", phase: predicate.phase, tests: predicate.headers.map(compileHeaderMatcher) };
      case "body":
        return { index, kind: "body", predicate };
    }
  }
}
