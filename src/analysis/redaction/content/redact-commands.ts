import { markNamed, type TextRedaction } from "../text-redaction.ts";
import { isSecretValue, looksSecret } from "../values/secret-value.ts";

/**
 * Secrets that a space parts from what names them: on command lines, in statements of SQL, in `.netrc`, in paths. In JSON it is called only
 * where `find-commands.ts` says that one of these expressions may find something, elsewhere where `find-spoken.ts` does: who adds one adds there by
 * what it is known.
 */
export function redactCommands(text: string, redaction: TextRedaction): string {
  const { marker } = redaction;
  return text
    .replace(FLAG, (whole, start: string, name: string, quote: string, value: string) => {
      const mark = markNamed(redaction, name, value);
      return mark === undefined ? whole : start + quote + mark;
    })
    .replace(USER_FLAG, (_whole, start: string, secret: string) => start + marker.mark("userinfo", secret))
    .replace(PROGRAM, (_whole, start: string, secret: string) => start + marker.mark("password", secret))
    .replace(CONFIGURE, (whole, start: string, name: string, value: string) => {
      const mark = markNamed(redaction, name, value);
      return mark === undefined ? whole : start + mark;
    })
    .replace(LOGIN_FLAG, (_whole, start: string, secret: string) => start + marker.mark("password", secret))
    .replace(SPOKEN, (whole, start: string, name: string, secret: string) => {
      const isSecret =
        !VARIABLE.test(secret) &&
        redaction.names.judge(name).kind === "strong" &&
        looksSecret(secret, { digits: 4, chosen: true });
      return isSecret ? start + marker.mark(name, secret) : whole;
    })
    .replace(
      IDENTIFIED,
      (_whole, start: string, _quote: string, secret: string) => start + marker.mark("password", secret),
    )
    .replace(SETTING, (whole, start: string, name: string, value: string) => {
      const mark = markNamed(redaction, name, value);
      return mark === undefined ? whole : start + mark;
    })
    .replace(PAIR_LINE, (whole, start: string, name: string, value: string) => {
      const mark = looksSecret(value, { digits: 4, chosen: true }) ? markNamed(redaction, name, value) : undefined;
      return mark === undefined ? whole : start + mark;
    })
    .replace(CALL, (whole, start: string, name: string, value: string) => {
      const isSecret = redaction.names.judge(name).kind === "strong" && looksSecret(value, { digits: 4, chosen: true });
      return isSecret ? start + marker.mark(name, value) : whole;
    })
    .replace(DIRECTIVE, (_whole, start: string, secret: string) => start + marker.mark("password", secret))
    .replace(NETRC, (_whole, start: string, secret: string) => start + marker.mark("password", secret));
}

/** `--password x`, `-token "x"`, `/p:x`. */
const FLAG = /((?:^|[\s"'`(])--?([A-Za-z][\w-]{1,63})[ \t]{1,4})(["']?)(?!-)([^\s"']{1,1024})/g;
/** `curl -u user:password`. */
const USER_FLAG = /((?:^|\s)(?:-u|--user|--proxy-user)[ \t=]{0,4}["']?)([^\s"':]{0,128}:[^\s"']{1,512})/g;
/** Programs whose `-p` is a password. */
const LOGIN_FLAG =
  /(\b(?:sshpass|docker login|podman login|registry login|mysql(?:dump|admin)?|mariadb|ldap\w{2,8}|sqlcmd|redis-cli|mongo(?:sh|dump)?|az login)\b[^\r\n|;&]{0,256}?\s-[paw][ \t]?)(?!-)([^\s-]\S{0,255})/g;
/** Programs that know by its place which word is the password. */
const PROGRAM =
  /(\b(?:vault[ \t]+login[ \t]+|net[ \t]+user[ \t]+\S{1,64}[ \t]+|htpasswd[ \t]+-\w{0,8}b\w{0,8}[ \t]+\S{1,256}[ \t]+\S{1,64}[ \t]+|(?:sqlplus|sqlldr|expdp|impdp)[ \t]+(?:-\w+[ \t]+){0,4}["']?[\w$]{1,64}\/|(?:smbclient|rpcclient|smbget|net[ \t]+ads|net[ \t]+rpc)\b[^\r\n|;&]{0,256}?[ \t](?:-U|--user)[ \t=]{0,8}["']?[^\s%"']{1,64}%|(?:[xw]l?freerdp|rdesktop|cmdkey|runas|schtasks|mstsc)\b[^\r\n|;&]{0,256}?[ \t]\/p(?:ass(?:word)?)?:))(?![-/])([^\s"'@]{1,512})/gi;
/** `aws configure set NAME value`, `npm config set NAME value`, `git config NAME value`. */
const CONFIGURE =
  /(\b(?:configure|config)(?::set|[ \t]+(?:set|add))?[ \t]+(?:--\w+[ \t]+){0,3}([A-Za-z_/@][\w.:/@-]{1,127})[ \t]+)(?!-)([^\s"']{4,512})/g;
/** `the password is …`, `API key: …`, `invalid token "…"`. */
export const SPOKEN =
  /((?<!unexpected |\$)\b((?:(?:api|access|secret|private|auth|signing)[ -])?[A-Za-z]{3,16})(?:[ \t]+(?:is|was|to|be)[ \t]+["'`]?|:[ \t]+["'`]?|[ \t]+["'`]))([^\s"'`,;]{4,256})/gi;
/** `login(token: $token)`. */
const VARIABLE = /^\$[A-Za-z_]\w{0,63}\)/;
const IDENTIFIED =
  /(\b(?:identified\s+(?:with\s+\w+\s+)?by\s{1,8}|password[ \t]{1,8})(?:to\s+|as\s+|=\s*)?(["']))([^"'\r\n]{1,512})(?=["'])/gi;
/** Dockerfiles' and shells' `ENV NAME value`. */
const SETTING =
  /((?:^|\n)[ \t]*(?:ENV|ARG|[Ss]et[Ee]nv|setx|set[ \t]+-\w{1,4})[ \t]+([A-Za-z_]\w{1,63})[ \t]+)(?![=])([^\r\n]{1,512}?)(?=[ \t]*(?:\r?\n|$))/g;
/** A line of a name and a value (properties, many servers' settings). */
const PAIR_LINE = /((?:^|\n)[ \t]{0,32}([A-Za-z][\w.-]{1,63})[ \t]{1,32})([^\s"'=:]{4,512})(?=[ \t]{0,32}(?:\r?\n|$))/g;
/** `setPassword("…")`. */
const CALL = /(\b([A-Za-z_]\w{2,63})\([ \t]{0,8}["'])([^"'\r\n]{4,512})(?=["'])/g;
/** Directives of servers and devices that have a password, and commands that are given one. */
const DIRECTIVE =
  /((?:^|\n)[ \t]*(?:bindpw|rootpw|(?:(?:config|sentinel)[ \t]+set[ \t]+(?:\S{1,64}[ \t]+)?)?(?:requirepass|masterauth|auth-pass)|enable[ \t]+(?:secret|password)(?:[ \t]+\d{1,2})?|snmp-server[ \t]+community|username[ \t]+\S{1,64}[ \t]+(?:secret|password)(?:[ \t]+\d{1,2})?|user[ \t]+\S{1,64}[ \t]+(?:insecure-)?password|password_pbkdf2[ \t]+\S{1,64})[ \t]+|\bConvertTo-SecureString[ \t]+["']|\s--from-literal=["']?[\w.-]{1,128}=)(?![=:])([^\s"']{1,512})/gi;
const NETRC = /(\blogin\s+\S{1,128}\s+password\s+)(\S{1,512})/g;

/** A path's part after one whose name says that it is secret: `/reset-password/1b2c…`. Behind its first slash none has a name before it. */
export function redactPath(path: string, redaction: TextRedaction): string {
  return redactSegments(path, redaction, [path.indexOf("/") + 1, path.length]);
}

/** The same in pieces of a text. @param places two numbers each: where one begins and ends */
export function redactSegments(text: string, redaction: TextRedaction, places: readonly number[]): string {
  let result = "";
  let copied = 0;
  let slash = -1;
  for (let at = 0; at < places.length; at += 2) {
    // Looked for behind each slash, for not to be looked for behind everything.
    if (slash < places[at]!) slash = text.indexOf("/", places[at]!);
    for (; slash >= 0 && slash < places[at + 1]!; slash = text.indexOf("/", slash + 1)) {
      const secret = mayBeSegment(text, slash + 1) ? findSegment(text, slash + 1, redaction) : undefined;
      if (secret === undefined) continue;
      result += text.slice(copied, slash + 1) + redaction.marker.mark(secret.name, secret.value);
      copied = slash + 1 + secret.value.length;
    }
    if (slash < 0) break;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

function findSegment(
  text: string,
  start: number,
  redaction: TextRedaction,
): { readonly name: string; readonly value: string } | undefined {
  SEGMENT.lastIndex = start;
  const match = SEGMENT.exec(text);
  if (match === null) return undefined;
  const [value, name] = match as unknown as [string, string];
  const verdict = redaction.names.judge(name);
  const isNamed = verdict.kind === "strong" || verdict.kind === "weak" || INVITING.test(name);
  return isNamed && isSecretValue({ kind: "weak" }, value) ? { name, value } : undefined;
}

/** Most slashes have no part of twelve characters behind them: one look back from where it would end tells. */
function mayBeSegment(path: string, start: number): boolean {
  for (let at = start + 11; at >= start; at--) if (!isOfSegment(path.charCodeAt(at))) return false;
  return true;
}

function isOfSegment(code: number): boolean {
  return code < 0x80 && OF_SEGMENT[code] === 1;
}

const OF_SEGMENT = Uint8Array.from({ length: 0x80 }, (_, code) => (/[\w.~%-]/.test(String.fromCharCode(code)) ? 1 : 0));
const SEGMENT = /(?<=\/([A-Za-z][\w.-]{1,63})\/)[\w.~%-]{12,512}(?=[/?#\s"]|$)/y;
const INVITING = /(?:reset|verify|confirm|activate|invite|invitation|magic|unsubscribe|webhook|hook|share|login)s?$/i;
