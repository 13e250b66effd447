import type { Field } from "../../analysis/filter/index.ts";
import { showMarks } from "../../analysis/redaction/index.ts";
import { TaplineError } from "../../model/index.ts";
import { COLUMNS, type Column, findColumn } from "../../sink/terminal/list/exchange-columns.ts";
import { escapeControl } from "../../wire/text/escape-control.ts";

/** Makes fields of expressions, and texts of their values. */
export interface FieldLanguage {
  readonly compile: (text: string) => Field;
  readonly format: (field: Field, subject: never) => string;
}

/** `time,server,path,route`: columns by name, or any attribute or expression of the filter language. @throws TaplineError (`usage`) */
export function readColumns(text: string, { compile, format }: FieldLanguage): readonly Column[] {
  const names = splitList(text);
  if (names.length === 0)
    throw new TaplineError("usage", "--columns needs names", { hint: Object.keys(COLUMNS).join(", ") });
  return names.map((name) => findColumn(name) ?? fieldColumn(name, compileColumn(name, compile), format));
}

function compileColumn(name: string, compile: FieldLanguage["compile"]): Field {
  try {
    return compile(name);
  } catch (error) {
    if (!(error instanceof TaplineError) || !/^[\w-]+$/.test(name)) throw error;
    throw new TaplineError("usage", `--columns: there is no column ${name}`, {
      hint: `${Object.keys(COLUMNS).join(", ")}, or an attribute (docs/filter.md)`,
    });
  }
}

function fieldColumn(name: string, field: Field, format: FieldLanguage["format"]): Column {
  const raw = (exchange: unknown): string => escapeControl(format(field, exchange as never));
  return {
    name,
    title: name.toUpperCase(),
    width: name.length,
    most: 60,
    cell: (exchange) => ({ text: showMarks(raw(exchange)) || "-" }),
    raw,
  };
}

/** At the commas that are in no brackets and no quotes. */
export function splitList(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = "";
  let part = "";
  for (const character of text) {
    if (quote !== "") quote = character === quote ? "" : quote;
    else if (character === '"' || character === "'") quote = character;
    else if ("([{".includes(character)) depth++;
    else if (")]}".includes(character)) depth--;
    if (character === "," && depth <= 0 && quote === "") {
      parts.push(part.trim());
      part = "";
    } else part += character;
  }
  return [...parts, part.trim()].filter((one) => one !== "");
}
