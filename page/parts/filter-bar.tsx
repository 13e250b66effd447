import { useEffect, useRef, useState } from "preact/hooks";
import { go, url } from "../state/app-state.ts";
import type { FilterEditor } from "./filter-editor.ts";

const PLACEHOLDER = "5xx, GET /pay*, response.code >= 500 && duration > duration('1s')";

/**
 * The filter. The editor that completes and checks it is larger than the rest of the page: it comes behind the first paint, into the place of a
 * plain field, with what was typed there meanwhile.
 */
export function FilterBar() {
  const host = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const editor = useRef<FilterEditor>(null);
  const [isThere, setThere] = useState(false);
  const { filter } = url.value;
  useEffect(() => {
    let isGone = false;
    void import("./filter-editor.ts").then(({ openEditor }) => {
      if (isGone) return;
      const typed = field.current;
      const hadFocus = typed !== null && document.activeElement === typed;
      editor.current = openEditor(host.current!, typed?.value ?? url.peek().filter, PLACEHOLDER);
      setThere(true);
      if (hadFocus) editor.current.focus();
    });
    return () => {
      isGone = true;
      editor.current?.close();
    };
  }, []);
  useEffect(() => editor.current?.show(filter), [filter]);
  return (
    <div class="filter">
      {!isThere && (
        <input
          class="plain"
          type="text"
          aria-label="Filter"
          placeholder={PLACEHOLDER}
          ref={field}
          value={filter}
          onKeyDown={(event) => {
            if (event.key === "Enter") go({ filter: event.currentTarget.value.trim() });
            if (event.key === "Escape") event.currentTarget.blur();
          }}
        />
      )}
      <div class={isThere ? "editor" : "editor waiting"} ref={host} />
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
  (content ?? document.querySelector<HTMLElement>(".filter .plain"))?.focus();
}
