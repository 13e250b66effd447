import { markNamed, type TextRedaction } from "../text-redaction.ts";

/**
 * Login commands in line protocols: POP3, FTP, IRC and NNTP (`PASS`, `AUTHINFO PASS`, `OPER`), SMTP and IMAP (`AUTH`,
 * `AUTHENTICATE`, with what follows on the next lines, `LOGIN`), Redis (`AUTH`, `HELLO … AUTH`, `CONFIG SET requirepass`, inline and as
 * arrays). Redis' strings have lengths: what stands in their place is as long.
 */
export function redactProtocolLines(text: string, redaction: TextRedaction): string {
  if (!LIKELY.test(text)) return text;
  const mark = (name: string, value: string): string => redaction.marker.mark(name, value);
  return redactRedis(text, redaction)
    .replace(PASS, (_whole, start: string, secret: string) => start + mark("password", secret))
    .replace(SASL, (_whole, start: string, first: string | undefined, rest: string) => {
      const initial =
        first === undefined ? "" : first.replace(/\S+/, (secret) => (secret === "=" ? secret : mark("sasl", secret)));
      return (
        start + initial + rest.replace(/[^\r\n]+/g, (line) => (/^(?:\*|=)$/.test(line) ? line : mark("sasl", line)))
      );
    })
    .replace(LOGIN, (_whole, start: string, quote: string, secret: string) => start + quote + mark("password", secret))
    .replace(
      LOGIN_LITERAL,
      (_whole, start: string, secret: string) => start + redaction.covering.mark("password", secret),
    )
    .replace(INLINE_AUTH, (_whole, start: string, secret: string) => start + mark("password", secret))
    .replace(INLINE_HELLO, (_whole, start: string, secret: string) => start + mark("password", secret))
    .replace(STORED, (whole, start: string, key: string, value: string) => {
      const mark = markNamed({ ...redaction, marker: redaction.covering }, key, value);
      return mark === undefined ? whole : start + mark;
    })
    .replace(IDENTIFY, (_whole, start: string, secret: string) => start + mark("password", secret));
}

const LIKELY =
  /\b(?:PASS|AUTH|ADD|SET|REPLACE|APPEND|PREPEND|CAS|AUTHENTICATE|LOGIN|AUTHINFO|OPER|HELLO|IDENTIFY|REGISTER|APOP|requirepass|masterauth|SETUSER|ACCT|SITE)\b/i;

/** memcached's commands, with a value on the next line. */
const STORED =
  /((?:^|\n)(?:set|add|replace|append|prepend|cas) (\S{1,250}) \d{1,10} -?\d{1,10} \d{1,7}(?: \d{1,20})?(?: noreply)?\r\n)([^\r\n]+)/g;
const PASS =
  /((?:^|\n)(?:PASS|AUTHINFO[ \t]+PASS|OPER[ \t]+\S+|APOP[ \t]+\S+|ACCT|SITE[ \t]+(?:PSWD|CHPASS|CPWD|PASSWD))[ \t]+:?)([^\r\n]+)/gi;
/** RFC 4954, RFC 3501 §6.2.2, RFC 5034: the mechanism, perhaps the first response, and the lines of base64 that follow. */
const SASL =
  /((?:^|\n)(?:AUTH|\S{1,32}[ \t]+AUTHENTICATE)[ \t]+(?:PLAIN|LOGIN|XOAUTH2|OAUTHBEARER|CRAM-MD5|DIGEST-MD5|NTLM|GSSAPI|EXTERNAL|SCRAM-[\w-]+))([ \t]+\S+)?((?:\r?\n[A-Za-z0-9+/]+={0,2}(?=\r?\n|$))*)/gi;
/** RFC 3501 §6.2.3, with strings, quoted or not; or as a literal. */
const LOGIN =
  /((?:^|\n)\S{1,32}[ \t]+LOGIN[ \t]+(?:"(?:[^"\\\r\n]|\\.)*"|[^\s"{]\S*)[ \t]+)("?)((?:[^\r\n"{}\\]|\\.)+)/gi;
const LOGIN_LITERAL =
  /((?:^|\n)\S{1,32}[ \t]+LOGIN[ \t]+(?:"[^"\r\n]*"[ \t]+|[^\s"{]\S*[ \t]+|\{\d+\+?\}\r?\n[^\r\n]*?[ \t]*)\{\d+\+?\}\r?\n)([^\r\n]+)/gi;
const INLINE_AUTH =
  /((?:^|\n)AUTH[ \t]+(?!PLAIN\b|LOGIN\b|XOAUTH2\b|OAUTHBEARER\b|CRAM-|DIGEST-|NTLM\b|GSSAPI\b|EXTERNAL\b|SCRAM-)(?:\S+[ \t]+)?)((?!TLS\b|SSL\b)[^\s]+)(?=[ \t]*(?:\r?\n|$))/gi;
const INLINE_HELLO = /((?:^|\n)HELLO[ \t]+\d[ \t]+AUTH[ \t]+\S+[ \t]+)(\S+)/gi;
const IDENTIFY = /((?:^|\n)(?:PRIVMSG[ \t]+)?NickServ[ \t]+:?(?:IDENTIFY|REGISTER)[ \t]+(?:\S+[ \t]+(?=\S))?)(\S+)/gi;

/** Arrays of strings (RESP, https://redis.io/docs/latest/develop/reference/protocol-spec/). */
function redactRedis(text: string, redaction: TextRedaction): string {
  if (!/\*\d+\r\n\$\d/.test(text)) return text;
  return text.replace(ARRAY, (array) => {
    const parts = array.split("\r\n");
    const words = parts.filter((_, at) => at > 0 && at % 2 === 0 && at < parts.length);
    const secret = new Set(secretArguments(words));
    return parts
      .map((part, at) => {
        const index = at / 2 - 1;
        return at > 0 && at % 2 === 0 && secret.has(index) ? redaction.covering.mark("password", part) : part;
      })
      .join("\r\n");
  });
}

const ARRAY = /\*\d{1,3}\r\n(?:\$\d{1,7}\r\n[^\r\n]*(?:\r\n|$)){1,64}/g;

/** Which words of a command are secret. */
export function secretArguments(words: readonly string[]): number[] {
  const [command, second] = words.map((word) => word.toUpperCase());
  if (command === "AUTH") return words.length > 2 ? [2] : [1];
  if (command === "HELLO" || command === "MIGRATE") {
    const at = words.findIndex((word) => /^auth2?$/i.test(word));
    return at < 0 ? [] : [words[at]!.toUpperCase() === "AUTH2" || command === "HELLO" ? at + 2 : at + 1];
  }
  if (command === "CONFIG" && second === "SET")
    return words.flatMap((word, at) => (/^(?:requirepass|masterauth|tls-.*-pass)$/i.test(word) ? [at + 1] : []));
  if (command === "ACL" && second === "SETUSER")
    return words.flatMap((word, at) => (/^[><#!]./.test(word) ? [at] : []));
  if (command === "SENTINEL" && second === "SET")
    return words.flatMap((word, at) => (/^auth-pass$/i.test(word) ? [at + 1] : []));
  return [];
}
