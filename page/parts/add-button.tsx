import { narrow } from "../state/app-state.ts";

/** Adds a condition to the filter; with Alt, or by `x`, what it holds for is left out. */
export function AddButton({ name, condition }: { name: string; condition: string }) {
  return (
    <button
      type="button"
      class="add"
      aria-label={`Filter by ${name}`}
      title="Filter by it (Alt: leave it out)"
      onClick={(event) => narrow(condition, event.altKey)}
    >
      +
    </button>
  );
}
