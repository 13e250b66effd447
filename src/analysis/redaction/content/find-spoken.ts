import { type NameTable, SECRET } from "../names/name-table.ts";

/**
 * Whether a text of any kind may have a secret that `redactCommands` finds: in one pass, by what stands before each white space, bracket and
 * flag, and by the first word of each line. Nothing that one of its expressions takes for a secret's name is missed.
 * @param codes of the text: `characterCodes`
 */
export function mayHaveSpokenSecret(text: string, codes: Uint8Array, table: NameTable): boolean {
  if (mayBeginLine(text, codes, 0, table)) return true;
  for (let at = 0; at < codes.length; at++) {
    switch (TRIGGERS[codes[at]!]) {
      case WHITE:
        if (mayEndCommand(text, codes, at, table)) return true;
        if (codes[at] === LINE_FEED && mayBeginLine(text, codes, at + 1, table)) return true;
        break;
      case DASH:
        if (mayBeFlag(text, codes, at, table)) return true;
        break;
      case BRACKET:
        if (mayBeCall(text, codes, at, table)) return true;
    }
  }
  return false;
}

/** `ENV NAME value`, `password value` and `requirepass value`, on lines of their own. */
function mayBeginLine(text: string, codes: Uint8Array, from: number, table: NameTable): boolean {
  let start = from;
  // A shell's prompt may stand before a command.
  while (codes[start] === SPACE || codes[start] === TAB || codes[start] === DOLLAR || codes[start] === HASH) start++;
  if ((KINDS[codes[start]!]! & WORD) === 0) return false;
  let end = start + 1;
  while (end - start <= MAX_NAME && (KINDS[codes[end]!]! & NAME) !== 0) end++;
  if ((codes[end] !== SPACE && codes[end] !== TAB) || end - start < 2) return false;
  return LINE_WORDS.test(text.slice(start, end)) || (table.lookUp(text, codes, start, end) & SECRET) !== 0;
}

/** `the password is …`, `API key: …`, `token "…"`, `identified by …`: by the word before the white space at `white`. */
function mayEndCommand(text: string, codes: Uint8Array, white: number, table: NameTable): boolean {
  const isColon = codes[white - 1] === COLON;
  const end = isColon ? white - 1 : white;
  if (end === 0 || (KINDS[codes[end - 1]!]! & LETTER) === 0) return false;
  let start = end;
  while (start > 0 && end - start <= MAX_WORD && (KINDS[codes[start - 1]!]! & LETTER) !== 0) start--;
  if (!isColon) {
    if (isCommandWord(codes, start, end) || mayBeWindowsFlag(codes, white)) return true;
    if (!mayBeJoint(codes, white)) return false;
  }
  if (end - start < 3 || end - start > MAX_WORD) return false;
  return (table.lookUp(text, codes, start, end) & SECRET) !== 0 || isSecretOfTwo(text, codes, start, end, table);
}

/** Whether a word of letters alone is one behind which a secret may stand, whatever this is: a space is enough. */
export function isCommandWord(codes: Uint8Array, start: number, end: number): boolean {
  let word = 0;
  for (let at = start; at < end; at++) word = addLetter(word, codes[at]!);
  return COMMAND_WORDS.has(word) || (word === SET && codes[start - 1] === COLON);
}

function addLetter(word: number, code: number): number {
  return (Math.imul(word, 31) + (code | 0x20)) | 0;
}

const hashWord = (word: string) => [...word].reduce((sum, letter) => addLetter(sum, letter.charCodeAt(0)), 0);
const COMMAND_WORDS = new Set(
  (
    "password identified securestring config configure net vault htpasswd sqlplus sqlldr expdp impdp smbclient rpcclient smbget " +
    "xfreerdp wfreerdp xlfreerdp wlfreerdp rdesktop cmdkey runas schtasks mstsc"
  )
    .split(" ")
    .map(hashWord),
);
/** The second word of `config:set`. */
const SET = hashWord("set");

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
function isSecretOfTwo(text: string, codes: Uint8Array, second: number, end: number, table: NameTable): boolean {
  if (codes[second - 1] !== SPACE && codes[second - 1] !== MINUS) return false;
  const first = FIRST_WORD.exec(text.slice(Math.max(0, second - MAX_FIRST), second - 1))?.[0].length;
  return first !== undefined && (table.lookUp(text, codes, second - 1 - first, end) & SECRET) !== 0;
}

const FIRST_WORD = /(?:api|access|secret|private|auth|signing)$/i;
const MAX_FIRST = 8;

/** `--password x`, `-u name:password`, and the flags of programs whose `-p` is a password. */
function mayBeFlag(text: string, codes: Uint8Array, dash: number, table: NameTable): boolean {
  if (dash > 0 && (KINDS[codes[dash - 1]!]! & BEFORE_FLAG) === 0) return false;
  const start = codes[dash + 1] === MINUS ? dash + 2 : dash + 1;
  if ((KINDS[codes[start]!]! & LETTER) === 0) return false;
  if (USER_FLAG.test(text.slice(dash, dash + MAX_FLAG)) || mayLogIn(text, codes, dash)) return true;
  let end = start + 1;
  while (end - start <= MAX_NAME && (KINDS[codes[end]!]! & NAME) !== 0 && codes[end] !== DOT) end++;
  return end - start >= 2 && end - start <= MAX_NAME && (table.lookUp(text, codes, start, end) & SECRET) !== 0;
}

const USER_FLAG = /^(?:-u|--user|--proxy-user|--from-literal)/;
const MAX_FLAG = 16;

function mayLogIn(text: string, codes: Uint8Array, dash: number): boolean {
  const letter = codes[dash + 1];
  return LOGIN_LETTERS.has(letter!) && LOGIN.test(text);
}

/** `-p`, `-a`, `-w`; `-b` and `-U`. */
const LOGIN_LETTERS: ReadonlySet<number> = new Set(Array.from("pawbU", (letter) => letter.charCodeAt(0)));
const LOGIN = /sshpass|login|mysql|mariadb|ldap|sqlcmd|redis-cli|mongo|htpasswd|smb|rpcclient|net/;

/** `setPassword("…")`. */
function mayBeCall(text: string, codes: Uint8Array, open: number, table: NameTable): boolean {
  let value = open + 1;
  while (codes[value] === SPACE || codes[value] === TAB) value++;
  if (codes[value] !== DOUBLE && codes[value] !== SINGLE) return false;
  let start = open;
  while (start > 0 && open - start <= MAX_NAME && (KINDS[codes[start - 1]!]! & WORD) !== 0) start--;
  const length = open - start;
  return length >= 3 && length <= MAX_NAME && (table.lookUp(text, codes, start, open) & SECRET) !== 0;
}

/** With a line of settings, or of a device's, as its first words. */
const LINE_WORDS =
  /^(?:env|arg|set|setenv|setx|bindpw|rootpw|config|sentinel|requirepass|masterauth|auth-pass|enable|snmp-server|username|user|password_pbkdf2|vault|net|sqlplus|sqlldr|expdp|impdp|[xw]l?freerdp|rdesktop|cmdkey|runas|schtasks|mstsc|aws|npm|yarn|git|gcloud|heroku)$/i;

const MAX_NAME = 64;
const MAX_WORD = 16;

const DOLLAR = 0x24;
const HASH = 0x23;
const SPACE = 0x20;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const COLON = 0x3a;
const DOUBLE = 0x22;
const SINGLE = 0x27;
const BACK = 0x60;
const MINUS = 0x2d;
const SLASH = 0x2f;
const DOT = 0x2e;

/** Where a look is worth its cost: of characters beyond ASCII nothing is known. */
const [WHITE, DASH, BRACKET] = [1, 2, 3];
const TRIGGERS = new Uint8Array(0x100).fill(WHITE, 0x80);
for (let code = 0; code < 0x80; code++) if (/\s/.test(String.fromCharCode(code))) TRIGGERS[code] = WHITE;
TRIGGERS[MINUS] = DASH;
TRIGGERS[0x28] = BRACKET;

const [LETTER, WORD, NAME, BEFORE_FLAG] = [1, 2, 4, 8];
const KINDS = new Uint8Array(0x100).fill(BEFORE_FLAG, 0x80);
for (const [kind, pattern] of [
  [LETTER, /[A-Za-z]/],
  [WORD, /\w/],
  [NAME, /[\w.-]/],
  [BEFORE_FLAG, /[\s"'`(]/],
] as const)
  for (let code = 0; code < 0x80; code++) if (pattern.test(String.fromCharCode(code))) KINDS[code]! |= kind;
