/** The verdict of a test on a difference. */
export interface Probability {
  /** How likely chance alone makes a difference as great as this one or greater, in either direction. */
  readonly p: number;
  /**
   * The least that it could have been with so many observations, at most: where that is not small, the test could not have shown
   * anything, and need not be paid for among the others.
   */
  readonly least: number;
}
