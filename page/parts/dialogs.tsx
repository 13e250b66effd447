import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { dialog, go, needsToken, reload, show, start, url } from "../state/app-state.ts";
import { COLUMNS, shownColumns } from "./columns.tsx";
import { SHORTCUTS } from "./keyboard.ts";

/** A dialog that Escape closes, and that gives the focus back. */
function Dialog({ title, children }: { title: string; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const own = element.current!;
    own.showModal();
    return () => {
      // Whoever pressed the next key before this was gone is where that leads already.
      const { activeElement } = document;
      if (activeElement === null || activeElement === document.body || own.contains(activeElement))
        document.querySelector<HTMLElement>(".scroller")?.focus();
    };
  }, []);
  return (
    <dialog ref={element} aria-label={title} onClose={() => show(undefined)}>
      <h2>{title}</h2>
      {children}
      <button type="button" onClick={() => element.current!.close()}>
        Close
      </button>
    </dialog>
  );
}

export function Dialogs() {
  if (dialog.value === "help")
    return (
      <Dialog title="Keyboard">
        <dl class="keys">
          {SHORTCUTS.map(({ keys, does }) => (
            <div key={keys}>
              <dt>
                <kbd>{keys}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
      </Dialog>
    );
  if (dialog.value === "columns") return <ColumnChooser />;
  return null;
}

function ColumnChooser() {
  const shown = shownColumns(url.value.columns).map(({ name }) => name);
  const set = (names: readonly string[]): void => go({ columns: names.join(",") }, false);
  return (
    <Dialog title="Columns">
      <ul class="columns">
        {[...shown, ...COLUMNS.map(({ name }) => name).filter((name) => !shown.includes(name))].map((name) => {
          const at = shown.indexOf(name);
          return (
            <li key={name}>
              <label>
                <input
                  type="checkbox"
                  checked={at >= 0}
                  onChange={() => set(at >= 0 ? shown.filter((one) => one !== name) : [...shown, name])}
                />{" "}
                {COLUMNS.find((column) => column.name === name)!.label}
              </label>
              {at > 0 && (
                <button
                  type="button"
                  aria-label={`Move ${name} to the left`}
                  onClick={() => set(shown.toSpliced(at, 1).toSpliced(at - 1, 0, name))}
                >
                  ↑
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}

/** One field: the collector wants a token. It stays in this tab. */
export function TokenForm() {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <main class="token">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          sessionStorage.setItem("token", field.current!.value.trim());
          needsToken.value = false;
          void start().then(reload);
        }}
      >
        <h1>Tapline</h1>
        <label>
          Token <input ref={field} type="password" name="token" autocomplete="off" required />
        </label>
        <button type="submit">Look</button>
        <p>
          {sessionStorage.getItem("token") === null
            ? "This collector asks for one: --token or --tokens."
            : "That token was not taken."}
        </p>
      </form>
    </main>
  );
}
