import { COMMAND_WORDS } from "../names/command-words.ts";
import type { TextNames } from "../names/text-names.ts";

/**
 * Whether a text of any kind may have a secret that `redactCommands` finds behind a name or a word around one place in it. Nothing that one of its
 * expressions takes for a secret's name is missed. Lines' beginnings are `mayBeginLine`'s, and flags that need no name `mayHaveFlag`'s.
 * @param place where a word of a secret's name or a command may be: `TextNames.stems`
 */
export function mayBeSpoken(names: TextNames, place: number): boolean {
  const { codes } = names;
  let end = place + 1;
  for (; end - place <= MAX_WORDS; end++) {
    const kind = KINDS[codes[end]!]!;
    if ((kind & LETTER) !== 0 || codes[end] === MINUS || codes[end] === COLON) continue;
    if ((kind & WHITE) !== 0 && mayEndCommand(names, end)) return true;
    if (codes[end] !== SPACE) break;
  }
  let start = place;
  while (start > 0 && place - start <= MAX_NAME && (KINDS[codes[start - 1]!]! & FLAG) !== 0) start--;
  if (codes[start] === MINUS && mayBeFlag(names, start)) return true;
  end = place + 1;
  while (end - place <= MAX_NAME && (KINDS[codes[end]!]! & WORD) !== 0) end++;
  return codes[end] === OPEN && mayBeCall(names, end);
}

/** Two words, with what stands between them. */
const MAX_WORDS = 32;

/** Whether a flag tells that a secret may stand behind it. */
export function mayHaveFlag(names: TextNames): boolean {
  const { text } = names;
  for (let dash = text.indexOf("-"); dash >= 0; dash = text.indexOf("-", dash + 1))
    if (mayBeFlag(names, dash)) return true;
  return false;
}

/** The same of the beginnings of lines. */
export function mayHaveLine(names: TextNames): boolean {
  const { text } = names;
  if (mayBeginLine(names, 0)) return true;
  for (let feed = text.indexOf("\n"); feed >= 0; feed = text.indexOf("\n", feed + 1))
    if (mayBeginLine(names, feed + 1)) return true;
  return false;
}

/** `ENV NAME value`, `password value` and `requirepass value`, on lines of their own. */
function mayBeginLine(names: TextNames, from: number): boolean {
  const { codes } = names;
  let start = from;
  // A shell's prompt may stand before a command.
  while (codes[start] === SPACE || codes[start] === TAB || codes[start] === DOLLAR || codes[start] === HASH) start++;
  if ((KINDS[codes[start]!]! & WORD) === 0) return false;
  let end = start + 1;
  while (end - start <= MAX_NAME && (KINDS[codes[end]!]! & NAME) !== 0) end++;
  if ((codes[end] !== SPACE && codes[end] !== TAB) || end - start < 2) return false;
  return LINE_WORDS.has(hashWord(codes, start, end)) || names.isSecret(start, end);
}

/** `the password is …`, `API key: …`, `token "…"`, `identified by …`: by the word before the white space at `white`. */
function mayEndCommand(names: TextNames, white: number): boolean {
  const { codes } = names;
  const isColon = codes[white - 1] === COLON;
  const end = isColon ? white - 1 : white;
  if (end === 0 || (KINDS[codes[end - 1]!]! & LETTER) === 0) return false;
  if (!isColon && mayBeWindowsFlag(codes, white)) return true;
  const mayCommand = !isColon && mayEndCommandWord(codes, end);
  const mayName = names.mayHaveSecret(end - MAX_WORD - MAX_FIRST, end);
  if (!mayCommand && !mayName) return false;
  let start = end;
  while (start > 0 && end - start <= MAX_WORD && (KINDS[codes[start - 1]!]! & LETTER) !== 0) start--;
  if (mayCommand && isCommandWord(codes, start, end)) return true;
  if (!mayName || end - start < 3 || end - start > MAX_WORD || !(isColon || mayBeJoint(codes, white))) return false;
  return names.isSecret(start, end) || isSecretOfTwo(names, start, end);
}

/** Whether a word of letters alone is one behind which a secret may stand, whatever this is: a space is enough. */
export function isCommandWord(codes: Uint8Array, start: number, end: number): boolean {
  const word = hashWord(codes, start, end);
  return COMMAND_HASHES.has(word) || (word === SET && codes[start - 1] === COLON);
}

/** Their last three letters tell of most words that they are none. */
export function mayEndCommandWord(codes: Uint8Array, end: number): boolean {
  if (end < 3) return false;
  const last = endOfWord(codes, end);
  return ((COMMAND_ENDS[last >>> 5]! >>> last) & 1) !== 0;
}

/** A number of three letters, in either case. */
function endOfWord(codes: Uint8Array, end: number): number {
  return ((codes[end - 3]! & 31) << 10) | ((codes[end - 2]! & 31) << 5) | (codes[end - 1]! & 31);
}

/** In either case. */
function hashWord(codes: Uint8Array, start: number, end: number): number {
  let word = 0;
  for (let at = start; at < end; at++) word = (Math.imul(word, 31) + (codes[at]! | 0x20)) | 0;
  return word;
}

const toCodes = (word: string) => Uint8Array.from(word, (one) => one.charCodeAt(0));
const hashAll = (words: readonly Uint8Array[]) => new Set(words.map((word) => hashWord(word, 0, word.length)));
const COMMANDS = COMMAND_WORDS.map(toCodes);
const COMMAND_HASHES = hashAll(COMMANDS);
const SET_WORD = toCodes("set");
/** The second word of `config:set`. */
const SET = hashWord(SET_WORD, 0, 3);
/** A bit for each `endOfWord`. */
const COMMAND_ENDS = new Uint32Array(1024);
for (const word of [...COMMANDS, SET_WORD]) {
  const last = endOfWord(word, word.length);
  COMMAND_ENDS[last >>> 5]! |= 1 << last;
}

/** ` /p:…`, ` /pass:…`. */
export function mayBeWindowsFlag(codes: Uint8Array, white: number): boolean {
  return codes[white + 1] === SLASH && (codes[white + 2]! | 0x20) === 0x70;
}

/** Whether white space is followed by a quote, or by `is`, `was`, `to` or `be`. */
function mayBeJoint(codes: Uint8Array, white: number): boolean {
  let next = white;
  while (codes[next] === SPACE || codes[next] === TAB) next++;
  if (next === white) return false;
  const first = codes[next]!;
  if (first === DOUBLE || first === SINGLE || first === BACK) return true;
  const after = (first | 0x20) === 0x77 ? codes[next + 3] : codes[next + 2];
  return after === SPACE || after === TAB;
}

/** `API key`: the first of two words decides. */
function isSecretOfTwo(names: TextNames, second: number, end: number): boolean {
  const { text, codes } = names;
  if (codes[second - 1] !== SPACE && codes[second - 1] !== MINUS) return false;
  const first = FIRST_WORD.exec(text.slice(Math.max(0, second - MAX_FIRST), second - 1))?.[0].length;
  return first !== undefined && names.isSecret(second - 1 - first, end);
}

const FIRST_WORD = /(?:api|access|secret|private|auth|signing)$/i;
const MAX_FIRST = 8;

/** `--password x`, `-u name:password`, and the flags of programs whose `-p` is a password. */
function mayBeFlag(names: TextNames, dash: number): boolean {
  const { text, codes } = names;
  if (dash > 0 && (KINDS[codes[dash - 1]!]! & BEFORE_FLAG) === 0) return false;
  const start = codes[dash + 1] === MINUS ? dash + 2 : dash + 1;
  if ((KINDS[codes[start]!]! & LETTER) === 0) return false;
  if (USER_FLAG.test(text.slice(dash, dash + MAX_FLAG)) || mayLogIn(text, codes, dash)) return true;
  let end = start + 1;
  while (end - start <= MAX_NAME && (KINDS[codes[end]!]! & NAME) !== 0 && codes[end] !== DOT) end++;
  return end - start >= 2 && end - start <= MAX_NAME && names.isSecret(start, end);
}

const USER_FLAG = /^(?:-u|--user|--proxy-user|--from-literal)/;
const MAX_FLAG = 16;

/** The program stands before the flag, with up to 256 characters between them. */
function mayLogIn(text: string, codes: Uint8Array, dash: number): boolean {
  const letter = codes[dash + 1];
  return LOGIN_LETTERS.has(letter!) && LOGIN.test(text.slice(Math.max(0, dash - MAX_BEFORE_FLAG), dash));
}

const MAX_BEFORE_FLAG = 288;
/** `-p`, `-a`, `-w`; `-b` and `-U`. */
const LOGIN_LETTERS: ReadonlySet<number> = new Set(Array.from("pawbU", (letter) => letter.charCodeAt(0)));
const LOGIN = /sshpass|login|mysql|mariadb|ldap|sqlcmd|redis-cli|mongo|htpasswd|smb|rpcclient|net/;

/** `setPassword("…")`. */
function mayBeCall(names: TextNames, open: number): boolean {
  const { codes } = names;
  let value = open + 1;
  while (codes[value] === SPACE || codes[value] === TAB) value++;
  if (codes[value] !== DOUBLE && codes[value] !== SINGLE) return false;
  let start = open;
  while (start > 0 && open - start <= MAX_NAME && (KINDS[codes[start - 1]!]! & WORD) !== 0) start--;
  const length = open - start;
  return length >= 3 && length <= MAX_NAME && names.isSecret(start, open);
}

/** With a line of settings, or of a device's, as its first words. */
const LINE_WORDS = hashAll(
  (
    "env arg set setenv setx bindpw rootpw config sentinel requirepass masterauth auth-pass enable snmp-server username user password_pbkdf2 " +
    "vault net sqlplus sqlldr expdp impdp xfreerdp wfreerdp xlfreerdp wlfreerdp rdesktop cmdkey runas schtasks mstsc aws npm yarn git gcloud heroku"
  )
    .split(" ")
    .map(toCodes),
);

const MAX_NAME = 64;
const MAX_WORD = 16;

const DOLLAR = 0x24;
const HASH = 0x23;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const DOUBLE = 0x22;
const SINGLE = 0x27;
const BACK = 0x60;
const MINUS = 0x2d;
const OPEN = 0x28;
const SLASH = 0x2f;
const DOT = 0x2e;

const [LETTER, WORD, NAME, BEFORE_FLAG, FLAG, WHITE] = [1, 2, 4, 8, 16, 32];
const KINDS = new Uint8Array(0x100).fill(BEFORE_FLAG | WHITE, 0x80);
for (const [kind, pattern] of [
  [LETTER, /[A-Za-z]/],
  [WORD, /\w/],
  [NAME, /[\w.-]/],
  [BEFORE_FLAG, /[\s"'`(]/],
  [FLAG, /[\w-]/],
  [WHITE, /\s/],
] as const)
  for (let code = 0; code < 0x80; code++) if (pattern.test(String.fromCharCode(code))) KINDS[code]! |= kind;
