import { hasElevenWords } from "./eleven-words.ts";

/**
 * Tokens without a beginning of their own. Of those with `signs` each has one of these in it: three characters in a row, small ones for letters
 * of either case, which few texts have.
 */
export const OTHER_SHAPES: readonly {
  readonly name: string;
  /** @param codes of the text, where they are at hand: `characterCodes` */
  readonly hint: string | { test(text: string, codes?: Uint8Array): boolean };
  /** Characters without which the hint cannot be there; those of a hint that is a text go without saying. */
  readonly needs?: string;
  readonly signs?: readonly string[];
  /** It is found at the beginning of a line, or behind an end of one. */
  readonly isOfLines?: true;
  /** It is of many words. */
  readonly isOfWords?: true;
  /** It is within so many characters in a row at least that tokens are made of (`TokenRuns`). */
  readonly run?: number;
  readonly pattern: RegExp;
}[] = [
  {
    name: "private-key",
    hint: "-----BEGIN",
    signs: ["--b"],
    // RFC 7468, and PGP's (RFC 9580 §6.2); inside a text of JSON lines end in `\n`.
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)[\s\S])*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g,
  },
  {
    name: "private-key",
    hint: "PuTTY-User-Key",
    signs: ["tty"],
    isOfLines: true,
    pattern: /(?<=Private-Lines: \d{1,4}\r?\n)[\w+/=]{1,80}(?:\r?\n[\w+/=]{1,80}(?![\w+/=-])){0,63}/g,
  },
  // RFC 6750 §2.1.
  {
    name: "bearer",
    hint: /bearer/i,
    signs: ["rer"],
    needs: "bearer",
    pattern: /(?<=\bbearer[ \t,]{1,4})(?=[\w.~+/-]*\d)[\w~+/-][\w.~+/-]{7,}=*(?![\w.~+/-]*=")/gi,
  },
  {
    name: "basic",
    hint: /basic/i,
    signs: ["sic"],
    needs: "basic",
    pattern: /(?<=\bbasic[ \t]{1,4})(?=[\w+/-]*[A-Z\d])[\w+/-]{8,}={0,2}(?![\w+/-]*=")/gi,
  },
  {
    // BIP 39: 12 to 24 words in small letters, none of which is among the commonest of the language.
    name: "mnemonic",
    isOfWords: true,
    hint: { test: hasElevenWords },
    needs: " ",
    pattern:
      /(?<![\w ,.])(?!(?:[a-z]{3,8} ){0,23}(?:the|and|for|with|that|this|are|was|not|from|have)\b)(?:[a-z]{3,8} ){11,23}[a-z]{3,8}(?![\w ,.])/g,
  },
  {
    name: "bearer",
    hint: "bearer.authorization",
    signs: ["rer"],
    pattern: /(?<=bearer\.authorization\.[\w.]{1,32}\.)[\w-]{8,}/g,
  },
  { name: "telegram-token", hint: ":AA", signs: [":aa"], pattern: /(?<!\w)(?<=(?:^|\W|bot))\d{8,12}:AA[\w-]{30,}/g },
  { name: "telegram-token", hint: "/bot", signs: ["/bo"], pattern: /(?<=\/bot)\d{6,12}:[\w-]{24,}/g },
  {
    name: "slack-webhook",
    hint: { test: (text) => WEBHOOKS.some((path) => text.includes(path)) },
    signs: ["rvi", "kfl", "gge"],
    needs: "/rs",
    pattern: /(?<=\/(?:services|workflows|triggers)\/)T[A-Z0-9]{6,}\/[A-Z]?[A-Z0-9]{6,}\/[\w/-]{16,}/g,
  },
  {
    name: "wifi-password",
    hint: "WIFI:",
    signs: ["fi:"],
    pattern: /(?<=\bWIFI:(?:[A-Z]\d?:(?:[^;\\\r\n]|\\.){0,128};){0,6}P:)(?:[^;\\\r\n]|\\.){1,256}(?=;)/g,
  },
  {
    // Go's drivers of MySQL take it.
    name: "mysql-password",
    hint: { test: (text) => text.includes("@tcp(") || text.includes("@unix(") },
    signs: ["@tc", "@un"],
    needs: "@(",
    pattern: /(?<=(?<![\w.-])[\w.-]{1,64}:)[^\s"'/@:]{1,256}(?=@(?:tcp6?|unix)\()/g,
  },
  { name: "discord-webhook", hint: "/webhooks/", signs: ["bho"], pattern: /(?<=\/webhooks\/\d{15,21}\/)[\w-]{16,}/g },
  {
    name: "teams-webhook",
    hint: "/webhookb2/",
    signs: ["kb2"],
    pattern: /(?<=\/webhookb2\/)[\w@-]{36,}\/IncomingWebhook\/[\w/-]{16,}/g,
  },
  { name: "zapier-webhook", hint: "/hooks/catch/", signs: ["s/c"], pattern: /(?<=\/hooks\/catch\/)\d+\/\w{5,}/g },
  {
    name: "discord-token",
    hint: { test: hasCloseDots },
    needs: ".",
    run: 53,
    pattern: /(?<![\w.-])[MNO][\w-]{20,28}\.[\w-]{5,7}\.[\w-]{25,}/g,
  },
  { name: "azure-secret", hint: "Q~", run: 37, pattern: /(?<![\w.~-])[\w.~]{3}\dQ~[\w.~-]{31,34}/g },
  { name: "mailchimp-key", hint: "-us", signs: ["-us"], pattern: /(?<!\w)[0-9a-f]{32}-us\d{1,2}(?!\w)/g },
  {
    name: "terraform-token",
    hint: ".atlasv1.",
    signs: ["sv1"],
    pattern: /(?<!\w)[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}/g,
  },
  { name: "maxmind-key", hint: "_mmk", signs: ["mmk"], pattern: /(?<!\w)[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk/g },
  {
    name: "cloudinary-secret",
    hint: "cloudinary://",
    signs: ["y:/"],
    pattern: /(?<=cloudinary:\/\/)[^\s@"']{8,128}(?=@)/g,
  },
  { name: "facebook-token", hint: /\d{15}\|/, needs: "|", pattern: /(?<!\w)\d{15,17}\|[\w-]{24,40}/g },
  {
    name: "oracle-password",
    hint: "jdbc:oracle",
    signs: ["c:o"],
    pattern: /(?<=jdbc:oracle:\w+:)[\w.$#]+\/[^\s@"']+(?=@)/g,
  },
  {
    name: "database-password",
    hint: { test: hasPort },
    isOfLines: true,
    needs: ":",
    pattern:
      /(?<=^(?:[A-Za-z][\w.-]{0,128}|\*|\d{1,3}(?:\.\d{1,3}){3}):(?:\d{4,5}|\*):(?:[A-Za-z][\w-]{0,64}|\*):[A-Za-z][\w-]{0,64}:)[^\s:]{4,256}$/gm,
  },
  {
    name: "database-password",
    hint: "pgpass",
    signs: ["gpa"],
    isOfLines: true,
    pattern: /(?<=^[\w.*-]+:[\d*]+:[\w.*-]+:[\w.*-]+:)[^\r\n:]+$/gm,
  },
];

const WEBHOOKS = ["/services/", "/workflows/", "/triggers/"];

/** Whether two dots stand as close as in a token of Discord: `….abcdef.…`. */
function hasCloseDots(text: string): boolean {
  let last = text.indexOf(".");
  for (let dot = text.indexOf(".", last + 1); dot > last; dot = text.indexOf(".", last + 1)) {
    if (dot - last >= 6 && dot - last <= 8 && isWordBefore(text, last)) return true;
    last = dot;
  }
  return false;
}

/** Whether twenty characters of a word stand before a place. */
function isWordBefore(text: string, place: number): boolean {
  for (let at = place - 1; at >= place - 20; at--) if (!WORD.test(text.charAt(at))) return false;
  return true;
}

const WORD = /[\w-]/;

/** `:5432:`, `:*:`. */
function hasPort(text: string): boolean {
  for (let colon = text.indexOf(":"); colon >= 0; colon = text.indexOf(":", colon + 1)) {
    PORT.lastIndex = colon;
    const next = text.charCodeAt(colon + 1);
    if ((next === 0x2a || (next >= 0x30 && next <= 0x39)) && PORT.test(text)) return true;
  }
  return false;
}

const PORT = /:(?:\d{4,5}|\*):/y;
