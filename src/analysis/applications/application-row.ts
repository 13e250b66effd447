import type { Application, ApplicationName, Applications } from "../../model/index.ts";
import type { Fields } from "../../wire/json/fields.ts";
import type { JsonSchema } from "../../wire/ndjson/index.ts";
import type { Redactor } from "../redaction/index.ts";
import type { ExchangeContent } from "./content.ts";

/** One application that can run inside exchanges. */
export interface ApplicationRow<Name extends ApplicationName> {
  readonly doc: string;
  /** Recognises it by what bodies hold. Absent: heads tell it, where they are read. */
  recognise?(content: ExchangeContent): Applications[Name] | undefined;
  /** The application that it runs inside of, where it runs in no other place. */
  readonly inside?: ApplicationName;
  /** Its possible facts, by name. */
  readonly schema: Readonly<Record<string, JsonSchema>>;
  /** Reads its facts from a document that anybody may have written: only values of the right type are taken. */
  read(fields: Fields): Applications[Name];
  /** Texts in it that may hold a secret. Absent: there are none. */
  redact?(application: Applications[Name], redactor: Redactor): Applications[Name];
  /** Its facts in a line for people, without its name. Absent: there are none. */
  note?(application: Applications[Name]): string;
  /** The word of the error that it ended with; undefined where there was none. */
  error?(application: Applications[Name]): string | undefined;
}

/** The parts that there are, with spaces between. */
export function words(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join(" ");
}

export function errorNote(code: string | number | undefined, message: string | undefined): string | undefined {
  return code === undefined && message === undefined ? undefined : words("error", code?.toString(), message);
}

/** Its texts of these names redacted; the same object where there is nothing to take out. */
export function redactTexts<Of extends Application, Name extends keyof Of>(
  of: Of,
  redactor: Redactor,
  ...names: Name[]
): Of {
  let redacted: { [Key in keyof Of]: Of[Key] } | undefined;
  for (const name of names) {
    const value = of[name];
    if (typeof value !== "string") continue;
    const shown = redactor.text(value);
    if (shown === value) continue;
    redacted ??= { ...of };
    redacted[name] = shown as Of[Name];
  }
  return redacted ?? of;
}
