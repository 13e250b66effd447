import { NameTable } from "../../src/analysis/redaction/names/name-table.ts";
import { SecretNames } from "../../src/analysis/redaction/names/secret-names.ts";
import type { Marker } from "../../src/analysis/redaction/secret-marker.ts";
import type { TextRedaction } from "../../src/analysis/redaction/text-redaction.ts";
import { expandText } from "./names-in.ts";

const show = (name: string, value: string): string => (/^«.*»$/s.test(value) ? value : `«${name}:${value}»`);
const marker: Marker = { mark: show, keepsLength: false };
const covering: Marker = { mark: (name, value) => show(`${name}*`, value), keepsLength: true };
const names = new SecretNames(new Set(), new Set());

/** Shows what is hidden, and as what: `«password:hunter2x»`, where it would be covered `«password*:hunter2x»`. */
export const SHOWING: TextRedaction = {
  marker,
  covering,
  names,
  table: new NameTable(names),
  personal: new Set(),
};

/** A text with `«password:hunter2x»` in it, without these and with them; `{x*3}` stands for three x. */
export function hiddenParts(shown: string): readonly [text: string, shown: string] {
  const whole = expandText(shown);
  return [whole.replace(/«[^:»]*:([^»]*)»/g, "$1"), whole];
}
