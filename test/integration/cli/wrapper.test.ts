/** bin/licensectl itself: a shell script that has to find its program from anywhere. */
import { chmod, copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, join, relative } from "node:path";
import test from "ava";
import { LICENSECTL, licensectl, temporaryDirectory } from "./_licensectl.ts";

test.serial("licensectl runs from any directory, through relative and absolute symbolic links", async (t) => {
  const directory = await temporaryDirectory(t);
  await mkdir(join(directory, "a b"));
  await symlink(relative(directory, LICENSECTL), join(directory, "first"));
  await symlink("../first", join(directory, "a b", "second"));
  await symlink(join(directory, "a b", "second"), join(directory, "third"));
  for (const program of [join(directory, "third"), "./third", "a b/second"]) {
    const { code, stdout, stderr } = await licensectl(["--version"], { program, cwd: directory });
    t.is(code, 0, stderr);
    t.regex(stdout, /^\d+\.\d+\.\d+\n$/);
  }
});

test.serial("licensectl found on the PATH runs with arguments that hold blanks and quotes", async (t) => {
  const directory = await temporaryDirectory(t);
  await symlink(LICENSECTL, join(directory, "licensectl"));
  const env = { PATH: [directory, process.env["PATH"]].join(delimiter) };
  const { code, stderr } = await licensectl(['it\'s a "name"'], { program: "licensectl", env });
  t.is(code, 2);
  t.true(stderr.includes("unknown command 'it's a \"name\"'"));
});

test.serial(
  "without the pinned Node and with an old one on the PATH, licensectl says what is missing",
  async (t) => {
    const directory = await temporaryDirectory(t);
    await mkdir(join(directory, "bin"));
    const program = join(directory, "bin", "licensectl");
    await copyFile(LICENSECTL, program);
    const node = join(directory, "node");
    await writeFile(node, "#!/bin/sh\nexit 1\n");
    await chmod(node, 0o755);
    const env = { PATH: [directory, process.env["PATH"]].join(delimiter) };
    const { code, stderr } = await licensectl(["info"], { program, env });
    t.is(code, 5);
    t.true(stderr.startsWith(`licensectl: Node.js 24 or later is needed; run "npm ci" in ${directory}`));
  },
);
