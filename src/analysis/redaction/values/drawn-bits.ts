/**
 * How many bits shorter a text is told as characters that a generator drew from an alphabet than as what people name: minimum description
 * length, with the pairs of letters, changes of case, digits and signs of some 400 000 names in programs, packages and documentation.
 * Words have less than nothing, digits alone nothing, and of what was drawn each character adds one to three.
 * @param text of ASCII; what is no letter and no digit is a sign
 */
export function countDrawnBits(text: string): number {
  let halves = 0;
  let before = SIGN;
  let casing: number = START;
  let [small, capital, digits, beyondHex] = [0, 0, 0, 0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const symbol = symbolOf(code);
    halves += PAIRS[before * SYMBOLS + symbol]!;
    before = symbol;
    if (symbol >= DIGIT) {
      if (symbol === DIGIT) digits++;
      casing = symbol === DIGIT ? AFTER_DIGIT : START;
      continue;
    }
    if (symbol > 5) beyondHex++;
    const isSmall = code >= 0x61;
    if (isSmall) small++;
    else capital++;
    halves += (isSmall ? SMALL_AFTER : CAPITAL_AFTER)[casing]!;
    if (isSmall) casing = AFTER_SMALL;
    else casing = casing === AFTER_CAPITAL || casing === AFTER_CAPITALS ? AFTER_CAPITALS : AFTER_CAPITAL;
  }
  const letters = small + capital;
  if (letters === 0) return 0;
  const named = halves / 2 + digits * BITS_OF_DIGIT;
  const isOneCase = small === 0 || capital === 0;
  const alphabet = (!isOneCase ? 52 : beyondHex > 0 || digits === 0 ? 26 : 6) + (digits > 0 ? 10 : 0);
  const signs = text.length - letters - digits;
  return named - bitsOfDrawn(text, letters + digits, signs, alphabet);
}

/** Signs part groups of one length, as in keys of licences; or they belong to the alphabet, as in base64. */
function bitsOfDrawn(text: string, alphanumeric: number, signs: number, alphabet: number): number {
  if (signs === 0) return alphanumeric * Math.log2(alphabet);
  const group = text.search(NO_ALPHANUMERIC);
  const isEven = group > 1 && alphanumeric === group * (signs + 1) && splitsEvenly(text, group);
  return isEven ? alphanumeric * Math.log2(alphabet) + signs + 3 : text.length * 6;
}

function splitsEvenly(text: string, group: number): boolean {
  for (let at = group; at < text.length; at += group + 1) if (symbolOf(text.charCodeAt(at)) !== SIGN) return false;
  return true;
}

const NO_ALPHANUMERIC = /[^A-Za-z0-9]/;
const BITS_OF_DIGIT = Math.log2(10);

/** Twenty-six letters, a digit, a sign or an end. */
const SYMBOLS = 28;
const DIGIT = 26;
const SIGN = 27;

function symbolOf(code: number): number {
  const letter = (code | 0x20) - 0x61;
  if (letter >= 0 && letter < 26) return letter;
  return code >= 0x30 && code <= 0x39 ? DIGIT : SIGN;
}

/** By the character before a letter: nothing of its word, a digit, a capital that begins one, a small letter, or two capitals. */
const [START, AFTER_DIGIT, AFTER_CAPITAL, AFTER_SMALL, AFTER_CAPITALS] = [0, 1, 2, 3, 4] as const;
/** In half bits. */
const CAPITAL_AFTER = [4, 3.7, 2.4, 9.4, 0.1];
const SMALL_AFTER = [0.8, 0.9, 1.6, 0.1, 10.5];

/** A row for what stands before, a column for what follows, in half bits from 0 to 9 and a to i; 18 or more are `i`. */
const PAIR_COSTS = `
  ea79ge9iaie797i8i776bdedchc9
  7dce7fgh79g7gf8di9ae7iigbia4
  8ecf7fi7bi88ci4di9a6bhiieic7
  8cda3def7fccdf8eibaebggheib4
  9d89ccdifbi9a7ecd678gce9die5
  8ecd88hi5ii8fd6ei9aa9ihiai96
  ageg4fcb5ii9d98ei9abaiiigig5
  6gff5gig8ihedg7ffbc86ihieic5
  bb89aaaiiig9947bib86ibieicf9
  8ifh6iigcihifiagfi1gbeciiig9
  9fac4edf7igdccbeid9dbieifif3
  7eeb5dfg6ig7gg7dig9a9biibig5
  5bcc5fgi7iha8g87igafbgiifie5
  8g987a7iaieegc6dif76bdiifid5
  db96iccidhc975a9i69a9dbfhih8
  7gcd6fgc8ic8eg79i6b89hiiaie6
  dgedeehhcii7gfgdibbc2ifhiif5
  7gac4eci7idcbc7dia98cchgaig5
  bgad6fha8ibadd9age76befhcid4
  8gbe6ei76ihcdg8ci79bchfe9id4
  b6bb7bai9ii696h9i777iiidiidc
  5hdg3eci7icf8gaeiecebiiiii68
  6fcd6fgb5ifde87ei78dgibiiie5
  8gbe9dihabfeafd7igc5gfidci54
  bccdbdegcigaa9c4hd99egdiigf3
  7fgg3gid9igbcf6gigcfaihibba6
  dcdcddiihiiiihiihigiggicii23
  8a799a9b9dea98a8h979baccig8h
`;

const PAIRS = Float64Array.from(PAIR_COSTS.replace(/\s+/g, ""), (digit) => Number.parseInt(digit, 19));
