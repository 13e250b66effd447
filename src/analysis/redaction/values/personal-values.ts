/** Kinds of what says who somebody is; hidden where that was asked for. */
export const PERSONAL_CLASSES = ["email", "card", "iban", "phone"] as const;
export type PersonalClass = (typeof PERSONAL_CLASSES)[number];

/** Replaces e-mail addresses, card numbers (ISO/IEC 7812: Luhn), IBANs (ISO 13616: mod 97) and telephone numbers (E.164, and national ones). */
export function replacePersonal(
  text: string,
  classes: ReadonlySet<PersonalClass>,
  mark: (name: string, value: string) => string,
): string {
  let result = text;
  if (classes.has("email") && text.includes("@")) result = result.replace(EMAIL, (value) => mark("email", value));
  if (classes.has("email") && text.includes("%40"))
    result = result.replace(ENCODED_EMAIL, (value) => mark("email", decode(value)));
  if (classes.has("iban"))
    result = result.replace(IBAN, (value) => (isIban(value) ? mark("iban", value.replace(/ /g, "")) : value));
  if (classes.has("card"))
    result = result.replace(CARD, (value) => (isCard(value) ? mark("card", value.replace(/\D/g, "")) : value));
  if (classes.has("phone"))
    result = result.replace(PHONE, (value) => (isPhone(value) ? mark("phone", value.replace(/[^\d+]/g, "")) : value));
  return result;
}

const EMAIL = /(?<![\w.+%-])[\w.+%-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])/g;
const ENCODED_EMAIL = /(?<![\w.+%-])(?:[\w.+-]|%2[Bb]){1,64}%40(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])/g;
const IBAN = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Za-z0-9])/g;
const CARD = /(?<![\w.-])\d(?:[ -]?\d){11,18}(?![\w-]|\.\d)/g;
const PHONE =
  /(?<![\w.+/:-]|\d )(?:\+|00)[1-9](?:[ ()./-]{0,2}\d){6,13}(?![\w-])|(?<![\w.+/:-]|\d )\(?0?\d{2,5}\)?[ /-]\d{3,4}[ -]?\d{3,5}(?![\w-]|[.:]\d| \d)/g;

/** The sum of the digits (12 to 19), every second doubled, is a multiple of ten. */
function isCard(text: string): boolean {
  const digits = text.replace(/\D/g, "");
  if (/^(\d)\1+$/.test(digits)) return false;
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits.at(-1 - at));
    const doubled = at % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** With the first four characters last and letters as 10 to 35, the remainder by 97 is 1. */
function isIban(text: string): boolean {
  const compact = text.replace(/ /g, "");
  if (compact.length < 15 || compact.length > 34) return false;
  let remainder = 0;
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

function isPhone(text: string): boolean {
  const digits = text.replace(/\D/g, "");
  return digits.length >= 7 && digits.length <= 15 && !/^\d{4}-\d{2}-\d{2}/.test(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
