import { useMemo, useState } from "preact/hooks";
import { showText } from "../text/format.ts";

/** Members that are shown of one value at once. */
const MEMBERS = 200;
/** Levels that are open in the beginning, where the whole is small. */
const OPEN_LEVELS = 3;
const SMALL = 20_000;

/** JSON that can be folded and searched; what is folded costs nothing. */
export function JsonTree({ text }: { text: string }) {
  const [search, setSearch] = useState("");
  const parsed = useMemo(() => parse(text), [text]);
  if ("fault" in parsed)
    return (
      <>
        <p class="cut">This is no whole JSON: {parsed.fault}</p>
        <pre class="text">{showText(text.slice(0, 256 * 1024))}</pre>
      </>
    );
  const levels = text.length < SMALL ? OPEN_LEVELS : 1;
  const found = search === "" ? undefined : countOf(text, search);
  return (
    <div class="json">
      <label class="search">
        Search <input type="search" value={search} onInput={(event) => setSearch(event.currentTarget.value)} />
        {found !== undefined && <small>{found} times</small>}
      </label>
      <Value value={parsed.value} levels={levels} search={search} />
    </div>
  );
}

function countOf(text: string, search: string): number {
  let count = 0;
  for (let at = text.indexOf(search); at >= 0 && count < 10_000; at = text.indexOf(search, at + search.length)) count++;
  return count;
}

function parse(text: string): { readonly value: unknown } | { readonly fault: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { fault: (error as Error).message };
  }
}

function Value({ value, levels, search, name }: { value: unknown; levels: number; search: string; name?: string }) {
  const [open, setOpen] = useState(levels > 0);
  const [shown, setShown] = useState(MEMBERS);
  const label = name === undefined ? null : <span class="key">{showText(name)}: </span>;
  if (typeof value !== "object" || value === null)
    return (
      <div>
        {label}
        <Leaf value={value} search={search} />
      </div>
    );
  const members = Object.entries(value);
  const [from, to] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (members.length === 0)
    return (
      <div>
        {label}
        {from}
        {to}
      </div>
    );
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {label}
        {from} {open ? "" : `… ${members.length} ${to}`}
      </summary>
      {open && (
        <div class="members">
          {members.slice(0, shown).map(([key, one]) => (
            <Value key={key} value={one} levels={levels - 1} search={search} name={key} />
          ))}
          {members.length > shown && (
            <button type="button" onClick={() => setShown(shown * 4)}>
              {members.length - shown} more
            </button>
          )}
        </div>
      )}
      {open && to}
    </details>
  );
}

/** Characters of one text that are shown. */
const MAX_LEAF = 10_000;

function Leaf({ value, search }: { value: unknown; search: string }) {
  const whole = typeof value === "string" ? JSON.stringify(value) : String(value);
  const text = showText(whole.length > MAX_LEAF ? `${whole.slice(0, MAX_LEAF)}… (${whole.length} characters)` : whole);
  const isFound = search !== "" && whole.includes(search);
  return isFound ? <mark class={typeof value}>{text}</mark> : <span class={typeof value}>{text}</span>;
}
