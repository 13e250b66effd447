/** A place in a text, and what stands there. */
export class Cursor {
  protected readonly text: string;
  protected at = 0;
  /** How much white space was skipped last. */
  protected gap = 0;

  constructor(text: string) {
    this.text = text;
  }

  protected identifier(): string | undefined {
    const pattern = /[A-Za-z_]\w*/y;
    pattern.lastIndex = this.at;
    const name = pattern.exec(this.text)?.[0];
    if (name !== undefined) this.at += name.length;
    return name;
  }

  protected quotedField(): string | undefined {
    const pattern = /`([\w./ -]+)`/y;
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match === null) return undefined;
    this.at += match[0].length;
    return match[1];
  }

  /** Over white space and comments. */
  protected skip(): number {
    const space = /(?:\s|\/\/[^\n]*)*/y;
    space.lastIndex = this.at;
    const skipped = space.exec(this.text)![0];
    this.gap = skipped.length;
    this.at += skipped.length;
    return this.at;
  }

  protected peek(): string {
    return this.text[this.skip()] ?? "";
  }

  protected take(symbol: string): boolean {
    this.skip();
    if (!this.text.startsWith(symbol, this.at)) return false;
    this.at += symbol.length;
    return true;
  }

  protected takeWord(word: string): boolean {
    this.skip();
    const pattern = new RegExp(`${word}(?![\\w.'"\`])`, "iy");
    pattern.lastIndex = this.at;
    if (!pattern.test(this.text)) return false;
    this.at += word.length;
    return true;
  }
}
