import type { z } from "zod";
import { outsideText } from "../license-file/outside-text.ts";

/** Most problems that one message names. */
const MOST_SHOWN = 100;

/** A profile file cannot be used. The message names the file and all that is wrong with it. */
export class ProfileError extends Error {
  override readonly name = "ProfileError";
  /** Each with its path or line in the file, and what was expected. */
  readonly problems: readonly string[];

  constructor(fileName: string, problems: readonly string[], options?: ErrorOptions) {
    const more = problems.length - MOST_SHOWN;
    const shown = [...problems.slice(0, MOST_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])];
    super(`The profile file ${fileName} cannot be used:\n  ${shown.join(";\n  ")}.`, options);
    this.problems = problems;
  }
}

/** What is wrong with the shape of a file, a line for each problem: path, and what was expected. */
export function shapeProblems({ issues }: z.ZodError): readonly string[] {
  return issues.flatMap((issue) => {
    const at = pathText(issue.path);
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => `${at}: expected no "${outsideText(key, 64)}" here`);
    }
    const nested = issue.code === "invalid_key" ? issue.issues : [issue];
    return nested.map(({ message }) => `${at}: ${inOurWords(message)}`);
  });
}

function inOurWords(message: string): string {
  const text = message.replace(/^Invalid (?:input|option): /u, "");
  return text.replace(/, received undefined$/u, ", and it is missing").replaceAll(/ received /gu, " found ");
}

function pathText(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "the file" : path.map((step) => outsideText(String(step), 64)).join(".");
}
