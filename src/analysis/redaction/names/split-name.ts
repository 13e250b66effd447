/** The words of a name, in small letters: `X-Auth-Request-AccessToken2` has x, auth, request, access, token, 2. */
export function splitName(name: string): string[] {
  const words: string[] = [];
  let start = 0;
  /** How many letters the word ends with so far. */
  let letters = 0;
  for (let at = 0; at < name.length; at++) {
    const kind = kindAt(name, at);
    if (kind === OTHER) return splitAny(name);
    if (kind === SIGN || (at > start && beginsWord(name, at, kind, letters))) {
      addWords(words, name.slice(start, at));
      start = kind === SIGN ? at + 1 : at;
      letters = 0;
    }
    letters = (kind & LETTER) === 0 ? 0 : letters + 1;
  }
  addWords(words, name.slice(start));
  return words;
}

/** `APIKey`, `apiKey`, `key2`; but 2fa, b64, sha256 and i18n are words. @param letters that stand before it */
function beginsWord(name: string, at: number, kind: number, letters: number): boolean {
  if (kind === DIGIT) return letters >= 4 && kindAt(name, at + 1) !== SMALL;
  if (kind !== CAPITAL) return false;
  return kindAt(name, at - 1) !== CAPITAL || kindAt(name, at + 1) === SMALL;
}

function addWords(words: string[], written: string): void {
  if (written === "") return;
  const word = written.toLowerCase();
  if (word.length < MIN_JOINED || word.length > MAX_JOINED) words.push(word);
  else words.push(...splitKnown(word));
}

/** The same of a name with other letters than ASCII's, of which small ones may be ASCII's. */
function splitAny(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])(?=[A-Z][a-z])/g, "$1 ")
    .toLowerCase()
    .replace(/(?<![a-z])([a-z]{4,})(\d+)(?![a-z])/g, "$1 $2")
    .split(/[^\p{L}\p{M}0-9]+/u)
    .filter((word) => word !== "")
    .flatMap(splitKnown);
}

/** Words that are often written together. */
function splitKnown(word: string): string[] {
  const match = JOINED.exec(word) ?? PAGE_TOKEN.exec(word);
  return match === null ? [word] : [match[1]!, match[2]!];
}

const JOINED =
  /^(api|secret|private|access|auth|signing|encryption|master|account|subscription|session|license|primary|foreign|public|cache|sort|client|user|admin|db|csrf|xsrf|refresh|id|otp|sms|verification|security|recovery|backup|zip|postal|status|error|credit|card|set)(key|keys|code|codes|token|secret|pass|pwd|password|number|cookie|cookie2|id|card)$/;

const PAGE_TOKEN = /^(next|page|sync|scroll|skip|cursor|prev|resume|continuation)(token)$/;

/** As long as what the expressions above find. */
const MIN_JOINED = 4;
const MAX_JOINED = 20;

const [SIGN, SMALL, CAPITAL, DIGIT, OTHER] = [0, 1, 2, 4, 8] as const;
const LETTER = SMALL | CAPITAL;
const KINDS = new Uint8Array(0x80);
for (const [kind, pattern] of [
  [SMALL, /[a-z]/],
  [CAPITAL, /[A-Z]/],
  [DIGIT, /[0-9]/],
] as const)
  for (let code = 0; code < 0x80; code++) if (pattern.test(String.fromCharCode(code))) KINDS[code] = kind;

/** A sign behind the name's end. */
function kindAt(name: string, at: number): number {
  if (at >= name.length) return SIGN;
  const code = name.charCodeAt(at);
  return code < 0x80 ? KINDS[code]! : OTHER;
}
