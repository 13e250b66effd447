import { TaplineError } from "../../model/index.ts";

export interface FieldOptions {
  readonly separator: string;
  readonly header: boolean;
  readonly quote: "" | '"' | "'";
}

const SEPARATORS: Readonly<Record<string, string>> = { "/t": "\t", "/s": " " };
const QUOTES: Readonly<Record<string, FieldOptions["quote"]>> = { d: '"', s: "'", n: "" };

/** tshark's `-E header=y|n`, `-E separator=/t|/s|CHARACTER`, `-E quote=d|s|n`. @throws TaplineError (`usage`) */
export function parseFieldOptions(texts: readonly string[]): FieldOptions {
  let options: FieldOptions = { separator: "\t", header: false, quote: "" };
  for (const text of texts) {
    const [, name, value] = /^(\w+)=(.*)$/.exec(text) ?? [];
    if (name === "header" && (value === "y" || value === "n")) options = { ...options, header: value === "y" };
    else if (name === "separator" && value !== undefined && value !== "")
      options = { ...options, separator: SEPARATORS[value] ?? value };
    else if (name === "quote" && value !== undefined && QUOTES[value] !== undefined)
      options = { ...options, quote: QUOTES[value] };
    else
      throw new TaplineError("usage", `-E ${text} is not known`, {
        hint: "header=y|n, separator=/t|/s|CHARACTER, quote=d|s|n",
      });
  }
  return options;
}
