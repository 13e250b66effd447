/** Letters of ASCII in lower case, and nothing else: of octets that are UTF-8 or latin1, `toLowerCase` makes others. */
export function lowerAscii(octets: string): string {
  return UPPER.test(octets) ? octets.replace(UPPERS, (letters) => letters.toLowerCase()) : octets;
}

const UPPER = /[A-Z]/;
const UPPERS = /[A-Z]+/g;
