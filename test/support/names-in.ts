import { characterCodes } from "../../src/analysis/redaction/look/character-codes.ts";
import { surveyCodes } from "../../src/analysis/redaction/look/survey-text.ts";
import { NameTable } from "../../src/analysis/redaction/names/name-table.ts";
import { SecretNames } from "../../src/analysis/redaction/names/secret-names.ts";
import { TextNames } from "../../src/analysis/redaction/names/text-names.ts";

const table = new NameTable(new SecretNames(new Set(), new Set()));

/** The names of a text, by the rules that every redactor has. */
export function namesIn(text: string): TextNames {
  const codes = characterCodes(text);
  return new TextNames(text, surveyCodes(codes, table.grams), table);
}

/** A text in which `{x*3}` stands for three x. */
export function expandText(text: string): string {
  return text.replace(/\{(.)\*(\d+)\}/g, (_, one: string, count: string) => one.repeat(Number(count)));
}

/** The same, and where in it a `^` marks a place, which is no part of it. */
export function placeIn(marked: string): readonly [names: TextNames, place: number] {
  const text = expandText(marked);
  const place = text.indexOf("^");
  return [namesIn(text.slice(0, place) + text.slice(place + 1)), place];
}
