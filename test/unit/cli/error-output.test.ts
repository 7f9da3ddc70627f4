import test from "ava";
import { CliError } from "../../../src/cli/cli-error.ts";
import { createScreen } from "../../../src/cli/output/screen.ts";
import { writeError } from "../../../src/cli/render/error.ts";
import { capture } from "./_capture.ts";

function written(error: CliError, isJson: boolean): string {
  const { stream, text } = capture();
  writeError(createScreen(stream, true), error, isJson);
  return text();
}

const PACKAGE_REFUSED = new CliError("refused", "The license is for another platform.", {
  reason: "OTHER_PLATFORM",
  code: "LICENSE.1016",
  status: "FAILED_PRECONDITION",
  refusals: [
    {
      fileName: "a.lic",
      reason: "OTHER_PLATFORM",
      message: "The license is for another platform.",
      claim: "sub",
    },
    { fileName: "", reason: "BASE_MISSING", message: "Modules need a base license.", claim: "" },
  ],
  refusalTotal: 5,
});

test("a refused package lists every reason by file, and how many were left out", (t) => {
  t.is(
    written(PACKAGE_REFUSED, false),
    [
      "refused: OTHER_PLATFORM (LICENSE.1016) The license is for another platform.",
      "  Every reason, the deciding one first:",
      "    FILE   REASON          CLAIM  WHAT IS WRONG",
      "    a.lic  OTHER_PLATFORM  sub    The license is for another platform.",
      "    -      BASE_MISSING    -      Modules need a base license.",
      "    and 3 more",
      "",
    ].join("\n"),
  );
});

test("with --json a failure is one document on one line, without members that do not apply", (t) => {
  const text = written(PACKAGE_REFUSED, true);
  t.is(text.indexOf("\n"), text.length - 1);
  t.like(JSON.parse(text), {
    error: { kind: "refused", exitCode: 1, reason: "OTHER_PLATFORM", code: "LICENSE.1016", refusalTotal: 5 },
  });
  t.deepEqual(
    JSON.parse(written(new CliError("usage", "No.", { reason: "USAGE", fields: [], metadata: {} }), true)),
    {
      error: { kind: "usage", exitCode: 2, message: "No.", reason: "USAGE" },
    },
  );
});

test("a failure says what happened, what it means and what to do", (t) => {
  const error = new CliError("unreachable", "Nobody is there.", {
    reason: "UNAVAILABLE",
    meaning: "Nothing was sent.",
    remedy: "Look.",
    fields: [{ field: "limit", description: "is too large" }],
  });
  t.is(
    written(error, false),
    "not reached: Nobody is there.\n  limit: is too large\n  Nothing was sent.\n  What to do: Look.\n",
  );
});

test("threat 27: a message of the server cannot steer the terminal", (t) => {
  const text = written(new CliError("refused", "a\u001b[2J\nb", { reason: "X\u0007" }), false);
  t.is(text, "refused: X a[2J b\n");
});
