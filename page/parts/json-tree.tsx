import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { showText } from "../text/format.ts";
import { type JsonPath, MAX_FOUND, searchJson } from "../text/search-json.ts";
import { MarkedText } from "./marked-text.tsx";

/** Members that are shown of one value at once. */
const MEMBERS = 200;
/** Levels that are open in the beginning, where the whole is small. */
const OPEN_LEVELS = 3;
const SMALL = 20_000;

/** JSON that can be folded and searched; what is folded costs nothing. @param of the expression of the filter language that gives the text */
export function JsonTree({ text, of }: { text: string; of: string }) {
  const [search, setSearch] = useState("");
  const [at, setAt] = useState(0);
  const parsed = useMemo(() => parse(text), [text]);
  const found = useMemo(() => ("fault" in parsed ? [] : searchJson(parsed.value, search)), [parsed, search]);
  if ("fault" in parsed)
    return (
      <>
        <p class="cut">This is no whole JSON: {parsed.fault}</p>
        <pre class="text">
          <MarkedText text={text.slice(0, 256 * 1024)} of={of} />
        </pre>
      </>
    );
  const step = (by: number): void => setAt(found.length === 0 ? 0 : (at + by + found.length) % found.length);
  return (
    <div class="json">
      <form
        class="search"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          step(1);
        }}
      >
        <label>
          Search{" "}
          <input
            type="search"
            value={search}
            onInput={(event) => {
              setSearch(event.currentTarget.value);
              setAt(0);
            }}
          />
        </label>
        {search !== "" && (
          <>
            {" "}
            <button type="button" aria-label="The one before" disabled={found.length < 2} onClick={() => step(-1)}>
              ↑
            </button>
            <button type="submit" aria-label="The next one" disabled={found.length < 2}>
              ↓
            </button>{" "}
            <small role="status">
              {found.length === 0
                ? "not found"
                : `${at + 1} of ${found.length}${found.length === MAX_FOUND ? " or more" : ""}`}
            </small>
          </>
        )}
      </form>
      <Value
        value={parsed.value}
        levels={text.length < SMALL ? OPEN_LEVELS : 1}
        shared={{ search, of }}
        path={found[at]}
      />
    </div>
  );
}

function parse(text: string): { readonly value: unknown } | { readonly fault: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { fault: (error as Error).message };
  }
}

interface Shared {
  readonly search: string;
  readonly of: string;
}

interface ValueProps {
  readonly value: unknown;
  readonly levels: number;
  readonly shared: Shared;
  readonly name?: string;
  /** What was found is at its end; empty: it is this value; undefined: it is elsewhere. */
  readonly path: JsonPath | undefined;
}

function Value({ value, levels, shared, name, path }: ValueProps) {
  const [open, setOpen] = useState(levels > 0);
  const [shown, setShown] = useState(MEMBERS);
  const [next] = path ?? [];
  const own = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (next !== undefined) setOpen(true);
    else if (path !== undefined && shared.search !== "") own.current?.scrollIntoView({ block: "nearest" });
  }, [path]);
  const isFound = path?.length === 0 && shared.search !== "";
  const line = (rest: ComponentChildren): ComponentChildren => (
    <div ref={own} class={isFound ? "found" : ""}>
      {name === undefined ? null : <span class="key">{showText(name)}: </span>}
      {rest}
    </div>
  );
  if (typeof value !== "object" || value === null) return line(<Leaf value={value} shared={shared} />);
  const members = Object.entries(value);
  const [from, to] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (members.length === 0) return line(from + to);
  // What was found may stand far behind the first ones.
  const beyond = members.slice(shown).find(([key]) => key === next);
  const isOpen = open || next !== undefined;
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{line(`${from} ${isOpen ? "" : `… ${members.length} ${to}`}`)}</summary>
      {isOpen && (
        <div class="members">
          {[...members.slice(0, shown), ...(beyond === undefined ? [] : [beyond])].map(([key, one]) => (
            <Value
              key={key}
              value={one}
              levels={levels - 1}
              shared={shared}
              name={key}
              path={key === next ? path!.slice(1) : undefined}
            />
          ))}
          {members.length > shown && (
            <button type="button" onClick={() => setShown(shown * 4)}>
              {members.length - shown} more
            </button>
          )}
        </div>
      )}
      {isOpen && to}
    </details>
  );
}

/** Characters of one text that are shown. */
const MAX_LEAF = 10_000;

function Leaf({ value, shared: { search, of } }: { value: unknown; shared: Shared }) {
  const whole = typeof value === "string" ? JSON.stringify(value) : String(value);
  const text = whole.length > MAX_LEAF ? `${whole.slice(0, MAX_LEAF)}… (${whole.length} characters)` : whole;
  if (search !== "" && whole.toLowerCase().includes(search.toLowerCase()))
    return <mark class={typeof value}>{showText(text)}</mark>;
  return (
    <span class={typeof value}>
      <MarkedText text={text} of={of} />
    </span>
  );
}
