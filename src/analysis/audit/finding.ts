/** Something that looks like a secret: where it stands, and of what kind it is. The value is never told. */
export interface Finding {
  /** `exchange 3 request.headers authorization`, `line 12`. */
  readonly place: string;
  /** As a mark would be named: `bearer`, `password`, `github-token`. */
  readonly kind: string;
}
