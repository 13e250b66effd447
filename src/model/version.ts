/** The version of the program, which package.json has too. */
export const VERSION = "0.1.0";
