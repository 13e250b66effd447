import { acceptCompletion, autocompletion, type Completion, type CompletionContext } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { type Diagnostic, linter } from "@codemirror/lint";
import { Compartment, EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, placeholder } from "@codemirror/view";
import { useEffect, useRef } from "preact/hooks";
import { ATTRIBUTES, compileFilter } from "../../src/analysis/filter/index.ts";
import { formatType } from "../../src/analysis/filter/value.ts";
import { facets, go, url } from "../state/app-state.ts";

const HISTORY = "filters";
const MAX_HISTORY = 50;

/** The filter in one line: completed, checked while it is typed, applied with Enter. In a shadow root, as its styles need one. */
export function FilterBar() {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView>(null);
  const { filter } = url.value;
  useEffect(() => {
    const root = host.current!.shadowRoot ?? host.current!.attachShadow({ mode: "open" });
    const view = new EditorView({ parent: root, root, state: createState(url.peek().filter) });
    editor.current = view;
    return () => view.destroy();
  }, []);
  useEffect(() => {
    const view = editor.current;
    if (view !== null && view.state.doc.toString() !== filter)
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: filter } });
  }, [filter]);
  return (
    <div class="filter">
      <div class="editor" ref={host} />
      {filter !== "" && (
        <button type="button" class="clear" aria-label="Clear the filter" onClick={() => go({ filter: "" })}>
          ×
        </button>
      )}
    </div>
  );
}

export function focusFilter(): void {
  const content = document.querySelector(".editor")?.shadowRoot?.querySelector<HTMLElement>(".cm-content");
  content?.focus();
}

const readOnly = new Compartment();

function createState(doc: string): EditorState {
  return EditorState.create({
    doc,
    extensions: [
      readOnly.of([]),
      history(),
      placeholder("5xx, GET /pay*, response.code >= 500 && duration > duration('1s')"),
      EditorState.transactionFilter.of((transaction) => (transaction.newDoc.lines > 1 ? [] : [transaction])),
      EditorView.contentAttributes.of({ "aria-label": "Filter", "aria-multiline": "false" }),
      autocompletion({ override: [complete], activateOnTyping: true, icons: false }),
      linter(check, { delay: 150 }),
      Prec.highest(
        keymap.of([
          { key: "Tab", run: acceptCompletion },
          { key: "Enter", run: (view) => acceptCompletion(view) || apply(view) },
          { key: "ArrowUp", run: recall },
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
    return JSON.parse(localStorage.getItem(HISTORY) ?? "[]") as string[];
  } catch {
    return [];
  }
}

/** The filter before this one. */
function recall(view: EditorView): boolean {
  if (view.state.doc.length > 0 && !remembered().includes(view.state.doc.toString())) return false;
  const filters = remembered();
  const next = filters[filters.indexOf(view.state.doc.toString()) + 1];
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

function complete(context: CompletionContext) {
  const value = context.matchBefore(/([\w.]+)\s*(?:==|!=)\s*'?[^'&|)]*/);
  const attribute = value && /^([\w.]+)/.exec(value.text)?.[1];
  const known = attribute ? valuesOf(attribute) : [];
  if (value && known.length > 0) {
    const operator = /^[\w.]+\s*(?:==|!=)\s*/.exec(value.text)![0].length;
    return { from: value.from + operator, options: known };
  }
  const word = context.matchBefore(/[\w.]+/);
  if (word === null && !context.explicit) return null;
  return { from: word?.from ?? context.pos, options: [...FORMS, ...NAMES], validFor: /^[\w.]*$/ };
}

/** The most frequent ones of now, and all where there are few. */
function valuesOf(name: string): Completion[] {
  const attribute = ATTRIBUTES.find((one) => one.name === name);
  const counted = facets.peek()?.facets[name] ?? [];
  const values = [
    ...counted.map(({ value, count }) => ({ value, detail: `${count}` })),
    ...(attribute?.values ?? []).map((one) => ({ value: one, detail: "" })),
  ];
  const seen = new Set<string | number>();
  return values.flatMap(({ value, detail }) => {
    if (seen.has(value)) return [];
    seen.add(value);
    return [{ label: typeof value === "number" ? String(value) : `'${value.replaceAll("'", "\\'")}'`, detail }];
  });
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
