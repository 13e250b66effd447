import { signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { go, show, url } from "../state/app-state.ts";
import { showText } from "../text/format.ts";
import { ModalDialog } from "./modal-dialog.tsx";

interface SavedFilter {
  readonly name: string;
  readonly filter: string;
}

const KEY = "filters";
const MAX_SAVED = 100;
const saved = signal<readonly SavedFilter[]>(readSaved());

/** Filters by the names that somebody gave them; they stay in this browser. */
export function SavedFilters() {
  const field = useRef<HTMLInputElement>(null);
  const { filter } = url.value;
  return (
    <ModalDialog title="Saved filters">
      {saved.value.length === 0 && <p class="note">None yet. A filter that is saved stays in this browser.</p>}
      <ul class="saved">
        {saved.value.map((one) => (
          <li key={one.name}>
            <button
              type="button"
              class="link"
              title={showText(one.filter)}
              onClick={() => {
                go({ filter: one.filter });
                show(undefined);
              }}
            >
              {showText(one.name)}
            </button>
            <code>{showText(one.filter)}</code>
            <button
              type="button"
              aria-label={`Remove ${showText(one.name)}`}
              onClick={() => save(saved.value.filter((other) => other !== one))}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      {filter === "" ? (
        <p class="note">To save one, filter first.</p>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const name = field.current!.value.trim();
            if (name === "") return;
            save([{ name, filter }, ...saved.value.filter((one) => one.name !== name)].slice(0, MAX_SAVED));
            field.current!.value = "";
          }}
        >
          <label>
            Save <code>{showText(filter)}</code> as <input ref={field} name="name" maxLength={80} autocomplete="off" />
          </label>{" "}
          <button type="submit">Save</button>
        </form>
      )}
    </ModalDialog>
  );
}

function save(filters: readonly SavedFilter[]): void {
  saved.value = filters;
  localStorage.setItem(KEY, JSON.stringify(filters));
}

/** Whatever another version has left there is no error. */
function readSaved(): readonly SavedFilter[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found)
      ? found.filter((one): one is SavedFilter => typeof one?.name === "string" && typeof one.filter === "string")
      : [];
  } catch {
    return [];
  }
}
