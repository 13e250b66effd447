import type { TextRedaction } from "./redact-text.ts";

/** XML's and HTML's elements, attributes, and inputs of forms whose names say that they are secret. */
export function redactMarkup(text: string, { marker, names }: TextRedaction): string {
  return text
    .replace(ELEMENT, (whole, start: string, name: string, value: string) =>
      names.has(name) ? start + marker.mark(name, value) : whole,
    )
    .replace(INPUT, (whole, start: string, name: string, value: string) =>
      names.has(name) ? start + marker.mark(name, value) : whole,
    )
    .replace(ATTRIBUTE, (whole, start: string, name: string, value: string) =>
      names.has(name) ? start + marker.mark(name, value) : whole,
    );
}

const ELEMENT = /(<(?:[\w-]{1,64}:)?([\w.-]{2,64})(?:\s[^<>]{0,512})?>(?:<!\[CDATA\[)?)([^<>\]]+)(?=<\/|\]\]>)/g;
const INPUT = /(\bname=["']([^"'<>]{2,64})["'][^<>]{0,256}?\bvalue=["'])([^"'<>]+)/g;
const ATTRIBUTE = /((?<=\s)([\w.:-]{2,64})=["'])([^"'<>]+)/g;

/** `name: value` and `name = value`, one a line (YAML, properties, logs). */
export function redactLinesWithNames(text: string, { marker, names }: TextRedaction): string {
  return text.replace(LINE, (whole, start: string, name: string, value: string) =>
    names.has(name) ? start + marker.mark(name, value) : whole,
  );
}

const LINE = /((?:^|[\r\n])[ \t-]{0,64}["']?([\w.-]{2,64})["']?[ \t]{0,16}[:=][ \t]{0,16})(?![ \t])([^\r\n‹]+)/g;

/** `'name': 'value'`, as programs print what they would send as JSON. */
export function redactSingleQuoted(text: string, { marker, names }: TextRedaction): string {
  return text.replace(SINGLE_QUOTED, (whole, start: string, name: string, value: string) =>
    names.has(name) ? start + marker.mark(name, value) : whole,
  );
}

const SINGLE_QUOTED = /('([\w.-]{2,64})'\s{0,16}:\s{0,16}')([^'\r\n]+)/g;
