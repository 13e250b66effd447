import { isMark } from "../mark.ts";
import { markNamed, type TextRedaction } from "../text-redaction.ts";
import { looksSecret } from "../values/secret-value.ts";
import { redactHtmlTables } from "./tables/html-tables.ts";

/**
 * XML's and HTML's elements whose names say that they are secret, inputs of forms, `<meta>`, and names that stand in attributes or in
 * elements of their own: `<param name="password" value="…"/>`, `<key>password</key><string>…</string>`,
 * `<property name="password"><value>…</value></property>`. Attributes by name are found as any `name="value"` is.
 */
export function redactMarkup(text: string, redaction: TextRedaction): string {
  const rows = TABLE.test(text) ? redactHtmlTables(text, redaction) : text;
  const named = rows.replace(ELEMENT, (whole, start: string, name: string, value: string, end: string) => {
    const mark = markNamed(redaction, name, value.trim());
    return mark === undefined ? whole : start + mark + end;
  });
  const tagged = redactChildren(named, redaction)
    .replace(TAG, (tag) => redactTag(tag, redaction))
    .replace(SPLIT_ATTRIBUTE, (whole, start: string, name: string, _quote: string, value: string) => {
      const mark = markNamed(redaction, name, value);
      return mark === undefined ? whole : start + mark;
    });
  return redactAfterNames(tagged, redaction);
}

const TABLE = /<(?:t[dh]|(?:\w{1,8}:)?(?:cell|tc|table-cell))[\s>]/i;

/** Every text within an element whose name says that it is secret, and that has elements of its own. */
function redactChildren(text: string, redaction: TextRedaction): string {
  let result = "";
  let copied = 0;
  /** Names whose end was looked for, and not found. */
  const open = new Set<string>();
  for (const [whole, full, name, start] of matchParents(text)) {
    if (start < copied || open.has(full) || redaction.names.judge(name).kind !== "strong") continue;
    const from = start + whole.length;
    const end = text.indexOf(`</${full}`, from);
    if (end < 0) {
      open.add(full);
      continue;
    }
    const texts = text.slice(from, end).replace(TEXT_WITHIN, (one) => {
      const value = one.endsWith("]]") ? one.slice(0, -2).trimEnd() : one.trimEnd();
      return value === "" || isMark(value) ? one : redaction.marker.mark(name, value) + one.slice(value.length);
    });
    result += text.slice(copied, from) + texts;
    copied = end;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

function* matchParents(text: string): Generator<[whole: string, full: string, name: string, start: number]> {
  for (const match of text.matchAll(PARENT)) yield [match[0], match[1]!, match[2]!, match.index];
}

const PARENT = /<((?:[\w-]{1,64}:)?([\w.-]{2,64}))(?:\s[^<>/]{0,512})?>(?=[^<]{0,1024}<[A-Za-z!])/g;

/** Text behind a tag or a comment, or that of a CDATA section. */
const TEXT_WITHIN = /(?<=(?:^|>)\s{0,64}|<!\[CDATA\[\s{0,64})[^<>\s][^<>]*/g;

/** An element with text alone, also in CDATA; entities are not decoded. */
const ELEMENT =
  /(<(?:[\w-]{1,64}:)?([\w.-]{2,64})(?:\s[^<>]{0,512})?>\s{0,64}(?:<!\[CDATA\[)?)([^<>]+?)((?:\]\]>)?\s{0,64}<\/)/g;

/** An attribute whose equals sign or value is on another line. */
const SPLIT_ATTRIBUTE =
  /(\s(?:[\w-]{1,32}:)?([A-Za-z][\w.-]{1,63})(?:\s{1,64}=\s{0,64}|=\s{1,64})(["']))([^"'<>]{1,1024})(?=\3)/g;

/** A tag that has a name or a type, and a value. */
const TAG = /<[A-Za-z][^<>]{0,4096}\b(?:value|content)=[^<>]{0,4096}>/g;

function redactTag(tag: string, redaction: TextRedaction): string {
  const name = [...tag.matchAll(NAMING)]
    .map((match) => match[1] ?? match[2] ?? match[3]!)
    .find((one) => redaction.names.judge(one).kind === "strong" || redaction.names.judge(one).kind === "weak");
  if (name === undefined) return tag;
  return tag.replace(VALUING, (whole, start: string, quote = "", value: string) => {
    const mark = markNamed(redaction, name, value);
    return mark === undefined ? whole : start + quote + mark + quote;
  });
}

const NAMING =
  /\s(?:name|id|key|type|property|http-equiv|itemprop|field|k|n)=(?:"([^"]{2,64})"|'([^']{2,64})'|([\w.:-]{2,64}))/gi;
const VALUING = /(\s(?:value|content)=)(["'])([^"'<>]+)\2/gi;

/** The text that follows a name: that of the element after it, or of the one that has it as an attribute. */
function redactAfterNames(text: string, redaction: TextRedaction): string {
  return redactMarked(text, redaction)
    .replace(NAMED_ELEMENT, (whole, start: string, name: string, value: string) => {
      if (VOID.test(start)) return whole;
      const mark = markNamed(redaction, name, value.trim());
      return mark === undefined ? whole : start + mark;
    })
    .replace(NAME_ELEMENT, (whole, start: string, element: string, name: string, value: string) => {
      if (
        !/^(?:key|name|n|param-?name|parameter-?name|id|field|property|dt|th)$/i.test(element) &&
        !looksSecret(value, { chosen: true })
      )
        return whole;
      const mark = markNamed(redaction, name, value.trim());
      return mark === undefined ? whole : start + mark;
    });
}

/** `<entry key="password">…`, `<property name="password"><value>…`. */
const NAMED_ELEMENT =
  /(<[\w:.-]{1,64}\s[^<>]{0,512}?\b(?:name|key|property|field|n|k)=["']([^"'<>]{2,64})["'][^<>/]{0,512}>\s{0,64}(?:<[A-Za-z][\w:.-]{0,63}(?:\s[^<>]{0,256})?>\s{0,64})?(?:<!\[CDATA\[)?)([^<>]+?)(?=(?:\]\]>)?\s{0,64}<\/)/gi;

/** Elements of HTML that have no content: a text behind one is not its own. */
const VOID = /^<(?:input|meta|link|img|hr|br)\s/i;

/** The text of an element that is marked as a secret's: a label may be marked so, too. */
function redactMarked(text: string, redaction: TextRedaction): string {
  if (!MARKED.test(text)) return text;
  return text.replace(MARKED_ELEMENT, (whole, start: string, attribute: string, name: string, value: string) => {
    const content = value.trim();
    const isSecret = attribute === "type" || looksSecret(content, { chosen: true });
    const mark = isSecret ? markNamed(redaction, name, content) : undefined;
    return mark === undefined ? whole : start + mark;
  });
}

const MARKED = /(?:\bid=["'][^"'<>]{0,48}(?:pass|secret|token|key|pwd)|type=["'](?:password|secret)["'])/i;
/** `<code id="api-key">…`, `<field type="password">…`. */
const MARKED_ELEMENT =
  /(<[A-Za-z][\w:.-]{0,63}\s(?:[^<>]{0,512}?\s)?(id|type(?==["'](?:password|secret)["']))=["']([^"'<>]{2,64})["'][^<>/]{0,512}>\s{0,64})([^<>]+?)(?=\s{0,64}<\/)/gi;

/** `<key>password</key><string>…`. */
const NAME_ELEMENT =
  /(<(?:[\w-]{1,32}:)?([\w.-]{1,32})(?:\s[^<>]{0,256})?>\s{0,16}([A-Za-z][\w .$-]{1,63}?)\s{0,16}<\/(?:[\w-]{1,32}:)?\2>\s{0,64}(?:<[A-Za-z][^<>/]{0,256}>\s{0,64}){1,3}(?:<!\[CDATA\[)?)([^<>]+?)(?=(?:\]\]>)?\s{0,64}<\/)/g;
