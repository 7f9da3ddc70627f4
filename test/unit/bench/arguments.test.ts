import { readFileSync } from "node:fs";
import test from "ava";
import { readArguments } from "../../bench/arguments.ts";
import { BENCHES } from "../../bench/benches.ts";

test("without a name all benches run", (t) => {
  t.like(readArguments([], BENCHES), { kind: "run", benches: BENCHES, isQuick: false, isJson: false });
});

test("names choose benches, in the order in which they always run", (t) => {
  const command = readArguments(["start", "capabilities", "--quick", "--json"], BENCHES);
  if (command.kind !== "run") return t.fail();
  t.deepEqual(
    command.benches.map(({ name }) => name),
    ["capabilities", "start"],
  );
  t.like(command, { isQuick: true, isJson: true });
});

test("an unknown name or flag is refused, with what there is", (t) => {
  t.like(readArguments(["nope"], BENCHES), {
    kind: "wrong",
    message: `Unknown bench: nope. There are: ${BENCHES.map(({ name }) => name).join(", ")}.\n`,
  });
  const flag = readArguments(["--nope"], BENCHES);
  t.is(flag.kind, "wrong");
});

test("every bench has a place on the page", (t) => {
  const page = readFileSync(new URL("../../../docs/performance.md", import.meta.url), "utf8");
  for (const { name } of BENCHES) {
    t.regex(page, new RegExp(`<!-- bench ${name} -->[^]*<!-- end ${name} -->`));
  }
});
