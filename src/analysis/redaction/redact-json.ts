import { markValue, type TextRedaction } from "./redact-text.ts";

/** JSON's members, also of JSON that was cut, and of JSON inside a string of JSON. A secret's value may be an object or a list. */
export function redactJson(text: string, { marker, names }: TextRedaction): string {
  let result = "";
  let copied = 0;
  MEMBER.lastIndex = 0;
  for (let match = MEMBER.exec(text); match !== null; match = MEMBER.exec(text)) {
    const [, quote, written] = match as unknown as [string, string, string];
    const name = written.includes("\\") ? decodeEscapes(written) : written;
    if (!names.has(name)) continue;
    const start = MEMBER.lastIndex;
    const end = measureValue(text, start, quote);
    if (end === start) continue;
    result += text.slice(copied, start) + markValue(marker, name, text.slice(start, end), quote);
    copied = end;
    MEMBER.lastIndex = end;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

const MEMBER = /(\\?")((?:[^"\\]|\\u[0-9a-fA-F]{4}){1,64})\\?"\s*:\s*/g;

function decodeEscapes(name: string): string {
  return name.replace(/\\u(....)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/** Where the value that begins at `start` ends, or the text does; `start` where none that can be a secret stands there. */
function measureValue(text: string, start: number, quote: string): number {
  const isInString = quote !== '"';
  const first = text[start];
  if (!isInString && (first === "{" || first === "[")) return measureStructure(text, start);
  const pattern = isInString ? QUOTED_VALUE : VALUE;
  pattern.lastIndex = start;
  return start + (pattern.exec(text)?.[0].length ?? 0);
}

/** A string (perhaps cut), or a number. */
const VALUE = /"(?:[^"\\]|\\.)*(?:"|\\?$)|-?\d[\d.eE+-]*/y;
const QUOTED_VALUE = /\\"[^"\\]*(?:\\"|\\?$)|-?\d[\d.eE+-]*/y;

/** After the bracket that closes the one at `start`. */
function measureStructure(text: string, start: number): number {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === "\\") at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{" || character === "[") depth++;
    else if ((character === "}" || character === "]") && --depth === 0) return at + 1;
  }
  return text.length;
}
