import { go } from "../state/app-state.ts";
import { COLUMNS, type Column } from "./columns.tsx";
import { fieldColumn } from "./field-column.tsx";

/** A column that is shown, and its width in pixels where somebody has chosen one. */
export interface ColumnPlace {
  readonly name: string;
  readonly pixels?: number;
}

const FIRST = "time,client,method,service,path,status,type,size,duration,quality";
const [MIN_PIXELS, MAX_PIXELS] = [32, 2000];

/** @param layout as the address holds it: `time,path:420`; absent: that of the beginning */
export function shownLayout(layout: string = FIRST): readonly ColumnPlace[] {
  const places = layout.split(",").flatMap((text): ColumnPlace[] => {
    const [written = "", pixels] = text.split(":");
    const name = decoded(written);
    if (findColumn(name) === undefined) return [];
    return [/^\d+$/.test(pixels ?? "") ? { name, pixels: within(Number(pixels)) } : { name }];
  });
  return places.length === 0 ? shownLayout() : places;
}

/** The columns that are shown, with the widths that they have. */
export function shownColumns(layout: string | undefined): readonly Column[] {
  return shownLayout(layout).map(({ name, pixels }) => {
    const column = findColumn(name)!;
    return pixels === undefined ? column : { ...column, width: `${pixels}px` };
  });
}

/** One of those that there are, or of any field. */
export function findColumn(name: string): Column | undefined {
  return COLUMNS.find((column) => column.name === name) ?? fieldColumn(name);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function setLayout(places: readonly ColumnPlace[]): void {
  go(
    {
      columns: places
        .map(({ name, pixels }) => encodeURIComponent(name) + (pixels === undefined ? "" : `:${pixels}`))
        .join(","),
    },
    false,
  );
}

/** To where another one stands, which makes room. */
export function moveColumn(places: readonly ColumnPlace[], name: string, to: string): readonly ColumnPlace[] {
  const [from, at] = [name, to].map((one) => places.findIndex((place) => place.name === one)) as [number, number];
  return from < 0 || at < 0 ? places : places.toSpliced(from, 1).toSpliced(at, 0, places[from]!);
}

export function sizeColumn(places: readonly ColumnPlace[], name: string, pixels: number): readonly ColumnPlace[] {
  return places.map((place) => (place.name === name ? { name, pixels: within(Math.round(pixels)) } : place));
}

function within(pixels: number): number {
  return Math.min(MAX_PIXELS, Math.max(MIN_PIXELS, pixels));
}
