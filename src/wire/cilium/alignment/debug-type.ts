/** A type as debug information describes it. */
export interface DebugType {
  readonly name: string;
  readonly kind: "struct" | "union" | "other";
  /** Bytes. */
  readonly size: number;
  /** `type` is the index of the member's type in the list of all. */
  readonly members: readonly { readonly name: string; readonly type: number; readonly offset: number }[];
}
