import { Readable } from "node:stream";
import test from "ava";
import type { Command } from "commander";
import { createProgram } from "../../../src/cli/program.ts";
import { capture, runCli } from "./_capture.ts";

function allCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

function pathOf(command: Command): string[] {
  return command.parent === null ? [] : [...pathOf(command.parent), command.name()];
}

const PROGRAM = createProgram({
  stdin: Readable.from([]),
  stdout: capture().stream,
  stderr: capture().stream,
  env: {},
  interrupted: new AbortController().signal,
});

test("every command has help with a description and examples that begin with its own name", async (t) => {
  const commands = allCommands(PROGRAM);
  t.true(commands.length > 15);
  for (const command of commands) {
    const { code, stdout, stderr } = await runCli([...pathOf(command), "--help"]);
    t.is(code, 0);
    t.is(stderr, "");
    t.regex(stdout, /^Usage: licensectl /);
    const [, shown = ""] = stdout.split("\nExamples:\n");
    t.true(
      shown.includes(["licensectl", ...pathOf(command)].join(" ")),
      `${pathOf(command)} lacks an example`,
    );
    t.true(stdout.endsWith("\n"));
  }
});

test("the exit codes stand in the help", async (t) => {
  const { stdout } = await runCli(["--help"]);
  for (const code of [0, 1, 2, 3, 4, 5]) t.regex(stdout, new RegExp(`^  ${code}  `, "m"));
});

test("an unknown command or option is wrong use, with a suggestion", async (t) => {
  const cases: ReadonlyArray<[readonly string[], RegExp]> = [
    [["uplaod", "x"], /unknown command 'uplaod' \(Did you mean upload\?\)/],
    [["info", "--jsn"], /unknown option '--jsn' \(Did you mean --json\?\)/],
    [["authority", "isue"], /Did you mean issue\?/],
    [["explain"], /missing required argument 'key'/],
    [["info", "extra"], /too many arguments/],
    [["records", "--sort-by", "name"], /Allowed choices are issued, expired, uploaded/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await runCli(args);
    t.is(code, 2, args.join(" "));
    t.is(stdout, "");
    t.regex(stderr.replaceAll("\n", " "), message);
  }
});

test("no command at all shows the help on stderr and is wrong use", async (t) => {
  for (const args of [[], ["usb"], ["authority"]]) {
    const { code, stdout, stderr } = await runCli(args);
    t.is(code, 2);
    t.is(stdout, "");
    t.regex(stderr, /^Usage: licensectl/);
  }
});

test("with --json wrong use is a JSON document too", async (t) => {
  const { code, stderr } = await runCli(["inof", "--json"]);
  t.is(code, 2);
  t.like(JSON.parse(stderr), { error: { kind: "usage", exitCode: 2, reason: "USAGE" } });
});

test("threat 27: an argument that is echoed cannot steer the terminal", async (t) => {
  for (const args of [["\u001b[2Jx"], ["info", "--at", "\u001b[2J"], ["upload", "no\u001b[2Jfile"]]) {
    const { code, stderr } = await runCli(args);
    t.is(code, 2);
    t.false(stderr.includes("\u001b"));
  }
});

test("options of records that contradict each other are wrong use", async (t) => {
  const cases = [
    ["--sort-by", "issued"],
    ["--direction", "ascending"],
    ["--start", "1", "--page-token", "x"],
    ["--all", "--limit", "3"],
    ["--all", "--count"],
    ["--limit", "0"],
    ["--limit", "1001"],
    ["--limit", "1.5"],
    ["--start", "-1"],
  ];
  for (const options of cases) t.is((await runCli(["records", ...options])).code, 2, options.join(" "));
});

test("a file that cannot be read is wrong use, told in words", async (t) => {
  t.regex(
    (await runCli(["upload", "no-such-file"])).stderr,
    /no-such-file cannot be read: there is no such file/,
  );
  t.regex((await runCli(["upload", "/"])).stderr, /\/ cannot be read: it is a directory/);
});

test("--version prints the version and nothing else", async (t) => {
  const { code, stdout } = await runCli(["--version"]);
  t.is(code, 0);
  t.regex(stdout, /^\d+\.\d+\.\d+\n$/);
});
