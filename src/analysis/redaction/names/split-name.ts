/** The words of a name, in small letters: `X-Auth-Request-AccessToken2` has x, auth, request, access, token, 2. */
export function splitName(name: string): string[] {
  return (
    name
      // `APIKey`, `apiKey`, `key2`; but 2fa, b64, sha256 and i18n are words.
      .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
      .replace(/([A-Z])(?=[A-Z][a-z])/g, "$1 ")
      .toLowerCase()
      .replace(/(?<![a-z])([a-z]{4,})(\d+)(?![a-z])/g, "$1 $2")
      .split(/[^\p{L}\p{M}0-9]+/u)
      .filter((word) => word !== "")
      .flatMap(splitKnown)
  );
}

/** Words that are often written together. */
function splitKnown(word: string): string[] {
  const match = JOINED.exec(word) ?? PAGE_TOKEN.exec(word);
  return match === null ? [word] : [match[1]!, match[2]!];
}

const JOINED =
  /^(api|secret|private|access|auth|signing|encryption|master|account|subscription|session|license|primary|foreign|public|cache|sort|client|user|admin|db|csrf|xsrf|refresh|id|otp|sms|verification|security|recovery|backup|zip|postal|status|error|credit|card|set)(key|keys|code|codes|token|secret|pass|pwd|password|number|cookie|cookie2|id|card)$/;

const PAGE_TOKEN = /^(next|page|sync|scroll|skip|cursor|prev|resume|continuation)(token)$/;
