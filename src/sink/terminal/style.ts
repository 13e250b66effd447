/** Colours of what is printed: each gives its text back, with the terminal's codes around it or without. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly blue: Paint;
  readonly magenta: Paint;
  readonly cyan: Paint;
}

export type Paint = (text: string) => string;

const CODES: Readonly<Record<keyof Style, number>> = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
};

export function createStyle(coloured: boolean): Style {
  const paints = Object.entries(CODES).map(([name, code]) => [
    name,
    coloured ? (text: string) => (text === "" ? "" : `\u001b[${code}m${text}\u001b[0m`) : (text: string) => text,
  ]);
  return Object.fromEntries(paints) as Style;
}

/**
 * Whether to colour what goes to a stream. `choice` is the command line's (`always`, `never`, `auto`); then `NO_COLOR`
 * (https://no-color.org), `FORCE_COLOR` and `CLICOLOR_FORCE` (https://bixense.com/clicolors), and last whether it is a
 * terminal that has colours.
 */
export function wantsColour(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
  choice: "always" | "never" | "auto" = "auto",
): boolean {
  if (choice !== "auto") return choice === "always";
  const isSet = (name: string): boolean => (environment[name] ?? "") !== "";
  if (isSet("NO_COLOR")) return false;
  if (isSet("FORCE_COLOR")) return !["0", "false"].includes(environment["FORCE_COLOR"]!);
  if (isSet("CLICOLOR_FORCE") && environment["CLICOLOR_FORCE"] !== "0") return true;
  return stream.isTTY === true && environment["TERM"] !== "dumb" && environment["CLICOLOR"] !== "0";
}
