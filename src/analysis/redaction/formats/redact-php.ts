import { markNamed, type TextRedaction } from "../text-redaction.ts";

/** PHP as it prints (`[password] => …`) and serializes (`s:8:"password";s:8:"…";`, where lengths stay true). */
export function redactPhp(text: string, redaction: TextRedaction): string {
  return text
    .replace(PRINTED, (whole, start: string, name: string, value: string) => {
      const mark = markNamed(redaction, name, value);
      return mark === undefined ? whole : start + mark;
    })
    .replace(SERIALIZED, (whole, start: string, name: string, value: string) => {
      const mark = markNamed({ ...redaction, marker: redaction.covering }, name, value);
      return mark === undefined ? whole : start + mark;
    });
}

const PRINTED = /(\[([\w.:-]{2,64})\][ \t]{1,4}=>[ \t]{1,4})(?!Array\b|\()(\S[^\r\n]*)/g;
const SERIALIZED = /("([\w.-]{2,64})";s:\d{1,6}:")([^"]{1,4096})(?=";)/g;
