/** One token of CEL at the start of a text: strings of every form first, since what is in them is nothing else. */
export const TOKEN =
  /^(?:(?:[rR][bB]?|[bB][rR]?)?(?:'''[\s\S]*?'''|"""[\s\S]*?"""|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")|[A-Za-z_]\w*|-?(?:\d[\w.]*(?:(?<=[eE])[+-]\d+)?)|&&|\|\||[<>=!]=|[\s\S])/;
