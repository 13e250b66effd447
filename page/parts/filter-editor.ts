import {
  acceptCompletion,
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  completionStatus,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { type Diagnostic, linter } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { ATTRIBUTES, compileFilter } from "../../src/analysis/filter/index.ts";
import { formatType } from "../../src/analysis/filter/value.ts";
import type { FacetValue } from "../../src/collector/store/exchange-store.ts";
import { go, source } from "../state/app-state.ts";

const HISTORY = "filter-history";
const MAX_HISTORY = 50;

/** What a filter is typed into. */
export interface FilterEditor {
  focus(): void;
  close(): void;
  /** Another filter, which was chosen elsewhere. */
  show(text: string): void;
}

/** The filter in one line: completed, checked while it is typed, applied with Enter. In a shadow root, as its styles need one. */
export function openEditor(host: HTMLElement, text: string, hint: string): FilterEditor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const view = new EditorView({ parent: root, root, state: createState(text, hint) });
  return {
    focus: () => view.focus(),
    close: () => view.destroy(),
    show(shown) {
      if (view.state.doc.toString() !== shown)
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: shown } });
    },
  };
}

function createState(doc: string, hint: string): EditorState {
  return EditorState.create({
    doc,
    extensions: [
      history(),
      placeholder(hint),
      EditorState.transactionFilter.of((transaction) => (transaction.newDoc.lines > 1 ? [] : [transaction])),
      EditorView.contentAttributes.of({ "aria-label": "Filter", "aria-multiline": "false" }),
      autocompletion({ override: [complete], activateOnTyping: true, icons: false }),
      linter(check, { delay: 150 }),
      Prec.highest(
        keymap.of([
          { key: "Tab", run: acceptCompletion },
          { key: "Enter", run: (view) => acceptCompletion(view) || apply(view) },
          { key: "ArrowUp", run: (view) => recall(view, 1) },
          { key: "ArrowDown", run: (view) => recall(view, -1) },
          { key: "Escape", run: leave },
        ]),
      ),
      keymap.of([...defaultKeymap, ...historyKeymap]),
      theme,
    ],
  });
}

function apply(view: EditorView): boolean {
  const text = view.state.doc.toString().trim();
  if (check(view).length > 0) return true;
  remember(text);
  go({ filter: text });
  return true;
}

function leave(view: EditorView): boolean {
  view.contentDOM.blur();
  document.querySelector<HTMLElement>(".scroller")?.focus();
  return false;
}

function remember(text: string): void {
  if (text === "") return;
  const before = remembered().filter((one) => one !== text);
  localStorage.setItem(HISTORY, JSON.stringify([text, ...before].slice(0, MAX_HISTORY)));
}

function remembered(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(HISTORY) ?? "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

/** The filter before this one, or with -1 behind it; not while values are chosen from, and not in place of what nobody remembers. */
function recall(view: EditorView, step: 1 | -1): boolean {
  if (completionStatus(view.state) === "active") return false;
  const filters = remembered();
  const shown = view.state.doc.toString();
  const at = filters.indexOf(shown);
  if (shown !== "" && at < 0) return false;
  const next = shown !== "" && at + step < 0 ? "" : filters[at + step];
  if (next === undefined) return true;
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next }, selection: { anchor: next.length } });
  return true;
}

/** In the language's own words, under the place. */
function check(view: EditorView): Diagnostic[] {
  const text = view.state.doc.toString();
  if (text.trim() === "") return [];
  try {
    compileFilter(text);
    return [];
  } catch (error) {
    const { message, hint } = error as Error & { hint?: string };
    const [said, , carets] = message.split("\n");
    const from = Math.min(text.length, Math.max(0, (carets?.indexOf("^") ?? 2) - 2));
    const to = Math.min(text.length, Math.max(from + 1, from + (carets?.match(/\^+/)?.[0].length ?? 1)));
    const told = `${(said ?? "").replace(/^filter: /, "")}${hint === undefined ? "" : `; ${hint}`}`;
    return [{ from: Math.min(from, to), to, severity: "error", message: told }];
  }
}

const NAMES: readonly Completion[] = ATTRIBUTES.filter(({ get }) => get.exchange !== undefined).map(
  ({ name, type, doc }) => ({
    label: name,
    detail: formatType(type),
    info: doc.replaceAll("`", ""),
  }),
);
const FORMS: readonly Completion[] = [
  "5xx",
  "4xx",
  "error",
  "http",
  "h2",
  "grpc",
  "websocket",
  "sse",
  "redis",
  "dns",
  "tls",
].map((label) => ({ label, detail: "short form" }));

async function complete(context: CompletionContext): Promise<CompletionResult | null> {
  const value = context.matchBefore(/([\w.]+)\s*(?:==|!=)\s*'?[^'&|)]*/);
  const attribute = value && /^([\w.]+)/.exec(value.text)?.[1];
  const known = attribute ? await valuesOf(attribute) : [];
  if (value && known.length > 0) {
    const operator = /^[\w.]+\s*(?:==|!=)\s*/.exec(value.text)![0].length;
    return { from: value.from + operator, options: known };
  }
  const word = context.matchBefore(/[\w.]+/);
  if (word === null && !context.explicit) return null;
  return { from: word?.from ?? context.pos, options: [...FORMS, ...NAMES], validFor: /^[\w.]*$/ };
}

/** Of how long the most frequent values are completed, how many, and for how long they are not asked for again: milliseconds. */
const [VALUES_OF, MAX_VALUES, VALUES_FOR] = [24 * 3600 * 1000, 50, 30_000];
let asked: { readonly key: string; readonly at: number; readonly values: Promise<readonly FacetValue[]> } | undefined;

/** The most frequent ones of the last day, and all where there are few. */
async function valuesOf(name: string): Promise<Completion[]> {
  const attribute = ATTRIBUTES.find((one) => one.name === name);
  if (attribute === undefined) return [];
  const key = `${source.peek().name} ${name}`;
  const now = Date.now();
  if (asked?.key !== key || now - asked.at > VALUES_FOR) asked = { key, at: now, values: frequentValues(name, now) };
  const counted = await asked.values;
  const values = [
    ...counted.map(({ value, count }) => ({ value, detail: `${count}` })),
    ...(attribute.values ?? []).map((one) => ({ value: one, detail: "" })),
  ];
  const seen = new Set<string | number>();
  return values.flatMap(({ value, detail }) => {
    if (seen.has(value)) return [];
    seen.add(value);
    return [{ label: typeof value === "number" ? String(value) : `'${value.replaceAll("'", "\\'")}'`, detail }];
  });
}

/** A collector counts what stands in columns alone: of other attributes none is known. */
async function frequentValues(name: string, now: number): Promise<readonly FacetValue[]> {
  const from = source.peek();
  const range = from.kind === "file" ? {} : { from: (now - VALUES_OF) * 1000 };
  const answer = from.facets({ ...range, attributes: [name], limit: MAX_VALUES }, new AbortController().signal);
  return answer.then(
    ({ facets }) => facets[name] ?? [],
    () => [],
  );
}

const theme = EditorView.theme({
  "&": { fontSize: "13px", backgroundColor: "transparent", color: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-content": { fontFamily: "var(--mono)", caretColor: "var(--text)", padding: "5px 0" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-placeholder": { color: "var(--quiet)" },
  ".cm-scroller": { overflow: "hidden", lineHeight: "18px" },
  ".cm-tooltip": { backgroundColor: "var(--panel)", color: "var(--text)", border: "1px solid var(--line)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionDetail": { color: "inherit", opacity: "0.75" },
  ".cm-diagnostic": { fontFamily: "var(--sans)" },
});
