/** The same text on its own: a part of a text, which V8 makes of one of thirteen characters or more, keeps all of that, however long it is. */
export function copyText(text: string): string {
  return text.length < LEAST_PART ? text : ` ${text}`.slice(1);
}

const LEAST_PART = 13;
