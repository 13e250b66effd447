/** Three characters as an index below 0x8000. Others may have the same: what it finds is looked at. */
export function threeCharacters(first: number, second: number, third: number): number {
  return (first * 961 + second * 31 + third) & 0x7fff;
}
