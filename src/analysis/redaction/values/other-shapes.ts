/** Tokens without a beginning of their own. */
export const OTHER_SHAPES: readonly {
  readonly name: string;
  readonly hint: string | RegExp;
  /** Characters without which the hint cannot be there; those of a hint that is a text go without saying. */
  readonly needs?: string;
  readonly pattern: RegExp;
}[] = [
  {
    name: "private-key",
    hint: "-----BEGIN",
    // RFC 7468, and PGP's (RFC 9580 §6.2); inside a text of JSON lines end in `\n`.
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----)[\s\S])*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g,
  },
  {
    name: "private-key",
    hint: "PuTTY-User-Key",
    pattern: /(?<=Private-Lines: \d{1,4}\r?\n)(?:[\w+/=]{1,80}\r?\n?){1,64}/g,
  },
  // RFC 6750 §2.1.
  {
    name: "bearer",
    hint: /bearer/i,
    needs: "bearer",
    pattern: /(?<=\bbearer[ \t,]{1,4})(?=[\w.~+/-]*\d)[\w~+/-][\w.~+/-]{7,}=*(?![\w.~+/-]*=")/gi,
  },
  {
    name: "basic",
    hint: /basic/i,
    needs: "basic",
    pattern: /(?<=\bbasic[ \t]{1,4})(?=[\w+/-]*[A-Z\d])[\w+/-]{8,}={0,2}(?![\w+/-]*=")/gi,
  },
  {
    // BIP 39: 12 to 24 words in small letters, none of which is among the commonest of the language.
    name: "mnemonic",
    hint: /(?<![a-z])(?:[a-z]{3,8} ){11}/,
    needs: " ",
    pattern:
      /(?<![\w ,.])(?!(?:[a-z]{3,8} ){0,23}(?:the|and|for|with|that|this|are|was|not|from|have)\b)(?:[a-z]{3,8} ){11,23}[a-z]{3,8}(?![\w ,.])/g,
  },
  { name: "bearer", hint: "bearer.authorization", pattern: /(?<=bearer\.authorization\.[\w.]{1,32}\.)[\w-]{8,}/g },
  { name: "telegram-token", hint: /\d:A/, needs: ":A", pattern: /(?<!\w)(?<=(?:^|\W|bot))\d{8,12}:AA[\w-]{30,}/g },
  { name: "telegram-token", hint: "/bot", pattern: /(?<=\/bot)\d{6,12}:[\w-]{24,}/g },
  {
    name: "slack-webhook",
    hint: /\/(?:services|workflows|triggers)\//,
    needs: "/rs",
    pattern: /(?<=\/(?:services|workflows|triggers)\/)T[A-Z0-9]{6,}\/[A-Z]?[A-Z0-9]{6,}\/[\w/-]{16,}/g,
  },
  { name: "discord-webhook", hint: "/webhooks/", pattern: /(?<=\/webhooks\/\d{15,21}\/)[\w-]{16,}/g },
  {
    name: "teams-webhook",
    hint: "/webhookb2/",
    pattern: /(?<=\/webhookb2\/)[\w@-]{36,}\/IncomingWebhook\/[\w/-]{16,}/g,
  },
  { name: "zapier-webhook", hint: "/hooks/catch/", pattern: /(?<=\/hooks\/catch\/)\d+\/\w{5,}/g },
  {
    name: "discord-token",
    hint: /[MNO][\w-]{20,}\.[\w-]{5,7}\./,
    needs: ".",
    pattern: /(?<![\w.-])[MNO][\w-]{20,28}\.[\w-]{5,7}\.[\w-]{25,}/g,
  },
  { name: "azure-secret", hint: "Q~", pattern: /(?<![\w.~-])[\w.~]{3}\dQ~[\w.~-]{31,34}/g },
  { name: "mailchimp-key", hint: "-us", pattern: /(?<!\w)[0-9a-f]{32}-us\d{1,2}(?!\w)/g },
  { name: "terraform-token", hint: ".atlasv1.", pattern: /(?<!\w)[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}/g },
  { name: "maxmind-key", hint: "_mmk", pattern: /(?<!\w)[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk/g },
  { name: "cloudinary-secret", hint: "cloudinary://", pattern: /(?<=cloudinary:\/\/)[^\s@"']{8,128}(?=@)/g },
  { name: "facebook-token", hint: /\d{15}\|/, needs: "|", pattern: /(?<!\w)\d{15,17}\|[\w-]{24,40}/g },
  { name: "oracle-password", hint: "jdbc:oracle", pattern: /(?<=jdbc:oracle:\w+:)[\w.$#]+\/[^\s@"']+(?=@)/g },
  {
    name: "database-password",
    hint: /:(?:\d{4,5}|\*):/,
    needs: ":",
    pattern:
      /(?<=^(?:[A-Za-z][\w.-]{0,128}|\*|\d{1,3}(?:\.\d{1,3}){3}):(?:\d{4,5}|\*):(?:[A-Za-z][\w-]{0,64}|\*):[A-Za-z][\w-]{0,64}:)[^\s:]{4,256}$/gm,
  },
  { name: "database-password", hint: "pgpass", pattern: /(?<=^[\w.*-]+:[\d*]+:[\w.*-]+:[\w.*-]+:)[^\r\n:]+$/gm },
];
