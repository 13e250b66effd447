import { findNamesAround } from "../content/find-names.ts";
import { mayBeSpoken, mayHaveFlag, mayHaveLine } from "../content/find-spoken.ts";
import { mayBeMarkup } from "../formats/find-markup.ts";
import { NAMING, SECRET } from "../names/name-table.ts";
import type { TextNames } from "../names/text-names.ts";
import { FLAGS, WINDOWS_FLAGS } from "./text-signs.ts";

/** `redactNamedValues` and `redactNameValuePairs` may find something: `SECRET`, `NAMING`. */
export const NAMED = SECRET | NAMING;
/** `redactMarkup` may. */
export const MARKUP = 16;
/** `redactCommands` may. */
export const SPOKEN = 32;

/**
 * Which searches of a text that is no JSON may find something, of those that are wanted: around the places where a word of a secret's name is,
 * which most texts have few of. Nothing that they find is missed.
 */
export function lookOver(names: TextNames, wanted: number): number {
  const { stems } = names;
  let left = wanted;
  if ((left & SPOKEN) !== 0 && (mayBeCommand(names) || mayHaveLine(names))) left &= ~SPOKEN;
  for (let word = 0; word < stems.length && left !== 0; word++)
    for (let bits = stems[word]!; bits !== 0 && left !== 0; bits &= bits - 1)
      left &= ~lookAround(names, word * 32 + 31 - Math.clz32(bits & -bits), left);
  return wanted & ~left;
}

function lookAround(names: TextNames, place: number, wanted: number): number {
  let found = 0;
  if ((wanted & NAMED) !== 0) found |= findNamesAround(names, place);
  if ((wanted & MARKUP) !== 0 && mayBeMarkup(names, place)) found |= MARKUP;
  if ((wanted & SPOKEN) !== 0 && mayBeSpoken(names, place)) found |= SPOKEN;
  return found;
}

function mayBeCommand(names: TextNames): boolean {
  if ((names.meanings & FLAGS) !== 0 && mayHaveFlag(names)) return true;
  return (names.meanings & WINDOWS_FLAGS) !== 0 && WINDOWS_FLAG.test(names.text);
}

const WINDOWS_FLAG = /[a-z]\s\/p/i;
