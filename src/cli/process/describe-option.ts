import { Help } from "commander";

/** Options that may be repeated begin with none: that goes without saying. Sizes are written as they may be given. */
export function describeOption(...[option]: Parameters<Help["optionDescription"]>): string {
  if (typeof option.defaultValue === "number" && /<(?:size|bytes)>/.test(option.flags))
    option.defaultValueDescription ??= writeSize(option.defaultValue);
  const empty = Array.isArray(option.defaultValue) && option.defaultValue.length === 0;
  return empty ? option.description : Help.prototype.optionDescription(option);
}

function writeSize(bytes: number): string {
  const units = ["", "k", "M", "G"];
  let size = bytes;
  for (; size % 1024 === 0 && units.length > 1; size /= 1024) units.shift();
  return `${size}${units[0]}`;
}
