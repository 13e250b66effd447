/**
 * The route that a path belongs to: segments that name one thing among many become `{id}`, so that `/users/17` and `/users/23` are
 * one route, `/users/{id}`. Numbers, UUIDs, hashes and long hexadecimal are told by their form alone.
 * @param path without its query
 */
export function templatePath(path: string): string {
  let route = "";
  let kept = 0;
  let start = 0;
  let digits = 0;
  for (let at = 0; ; at++) {
    const code = at < path.length ? path.charCodeAt(at) : SLASH;
    if (code >= ZERO && code <= NINE) digits++;
    if (code !== SLASH) continue;
    const length = at - start;
    if (length > 0 && (digits === length || ((digits > 0 || length >= LONG) && isVariable(path.slice(start, at))))) {
      route += `${path.slice(kept, start)}{id}`;
      kept = at;
    }
    if (at >= path.length) break;
    start = at + 1;
    digits = 0;
  }
  return kept === 0 ? path : route + path.slice(kept);
}

const [SLASH, ZERO, NINE] = [0x2f, 0x30, 0x39];
/** A shorter segment without a digit is a word. */
const LONG = 32;

function isVariable(segment: string): boolean {
  return VARIABLE.some((form) => form.test(segment));
}

const VARIABLE: readonly RegExp[] = [
  /^[-+]?\d+(?:\.\d+)?$/,
  /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i,
  // Hexadecimal of 12 digits or more is an identifier; a word of so many letters from a to f there is not.
  /^(?=.*\d)(?:0x)?[\da-f]{12,}$/i,
  /^[\da-f]{32,}$/i,
  // ULID, and other long identifiers of letters and digits.
  /^(?=(?:.*\d){4})[\dA-Z]{20,}$/i,
];
