import { useEffect, useRef, useState } from "preact/hooks";
import { dialog, go, needsToken, reload, start, url } from "../state/app-state.ts";
import { loadLanguage } from "../state/filter-language.ts";
import { findColumn, moveColumn, setLayout, shownLayout } from "./column-layout.ts";
import { COLUMNS } from "./columns.tsx";
import { FacetDialog } from "./facet-dialog.tsx";
import { fieldColumnName, fieldNames, fieldProblem } from "./field-column.tsx";
import { SHORTCUTS } from "./keyboard.ts";
import { ModalDialog } from "./modal-dialog.tsx";
import { SavedFilters } from "./saved-filters.tsx";

export function Dialogs() {
  const shown = dialog.value;
  if (typeof shown === "object") return <FacetDialog attribute={shown.attribute} />;
  if (shown === "filters") return <SavedFilters />;
  if (shown === "help")
    return (
      <ModalDialog title="Keyboard">
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
      </ModalDialog>
    );
  if (shown === "columns") return <ColumnChooser />;
  return null;
}

function ColumnChooser() {
  const shown = shownLayout(url.value.columns);
  const names = shown.map(({ name }) => name);
  return (
    <ModalDialog title="Columns">
      <ul class="columns">
        {[...names, ...COLUMNS.map(({ name }) => name).filter((name) => !names.includes(name))].map((name) => {
          const at = names.indexOf(name);
          return (
            <li key={name}>
              <label>
                <input
                  type="checkbox"
                  checked={at >= 0}
                  onChange={() => setLayout(at >= 0 ? shown.toSpliced(at, 1) : [...shown, { name }])}
                />{" "}
                {findColumn(name)!.label}
              </label>
              {at > 0 && (
                <button
                  type="button"
                  aria-label={`Move ${name} to the left`}
                  onClick={() => setLayout(moveColumn(shown, name, names[at - 1]!))}
                >
                  ↑
                </button>
              )}
            </li>
          );
        })}
      </ul>
      <FieldChooser add={(name) => setLayout([...shown.filter((place) => place.name !== name), { name }])} />
      <p class="note">
        In the head of the list, drag a column to where it belongs, and its edge to the width that it needs.
      </p>
      <button type="button" onClick={() => go({ columns: undefined }, false)}>
        As at the beginning
      </button>
    </ModalDialog>
  );
}

/** Any attribute of the filter language, or an expression, as a column. */
function FieldChooser({ add }: { add: (name: string) => void }) {
  const [field, setField] = useState("");
  const [wrong, setWrong] = useState<string | undefined>(undefined);
  useEffect(() => void loadLanguage(), []);
  return (
    <form
      class="search"
      onSubmit={(event) => {
        event.preventDefault();
        void loadLanguage().then(() => {
          const problem = field.trim() === "" ? "an attribute is expected" : fieldProblem(field.trim());
          setWrong(problem);
          if (problem !== undefined) return;
          add(fieldColumnName(field.trim()));
          setField("");
        });
      }}
    >
      <label>
        Any attribute{" "}
        <input
          type="text"
          list="field-names"
          placeholder="request.headers['user-agent']"
          value={field}
          onInput={(event) => setField(event.currentTarget.value)}
        />
      </label>
      <datalist id="field-names">
        {fieldNames().map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <button type="submit">Add</button>
      {wrong !== undefined && (
        <pre class="wrong" role="alert">
          {wrong}
        </pre>
      )}
    </form>
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
