/**
 * Runs the code for USB keys over a real kernel with emulated devices in its ports: in machines that QEMU
 * emulates, so that neither this host's kernel nor its hardware matters. One machine runs the contract of a bus,
 * another at the same time the cases of a kernel and a whole server. Prints a line for each case and the counts; the exit code is 0 only if
 * every case was run and passed.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lastWordsOf, startGuest } from "./host/guest.ts";
import { buildImage, type GuestImage } from "./host/image.ts";
import { ensureEmulator, ensureKernel, MissingPartError } from "./host/packages.ts";
import { startServiceGuest } from "./host/service-guest.ts";
import { Platform } from "./platform.ts";
import { type Count, countResults, END_OF_RUN, runCases } from "./results.ts";
import { serviceCases } from "./service-cases.ts";

const CACHE = fileURLToPath(new URL(".cache/", import.meta.url));
const LIMIT_MS = 300_000;

process.exitCode = await main();

async function main(): Promise<number> {
  const began = performance.now();
  const counts = await runAll().catch((error: unknown): readonly Count[] => {
    console.error(error instanceof MissingPartError ? error.message : error);
    return [{ passed: 0, failed: 1 }];
  });
  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  console.log(`# ${Math.round((performance.now() - began) / 1000)} s`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

async function runAll(): Promise<readonly Count[]> {
  await ensureEmulator();
  const unpacked = await ensureKernel(join(CACHE, "packages"));
  const image = await buildImage(unpacked, join(CACHE, "initramfs.cpio"));
  return Promise.all([runPorts(image), runService(image)]);
}

/** The cases of the ports run in the guest, which writes their results. */
async function runPorts(image: GuestImage): Promise<Count> {
  const consoleLog = join(CACHE, "ports.log");
  const lines: string[] = [];
  const onLine = (line: string) => {
    lines.push(line);
    if (line !== END_OF_RUN) console.log(line);
  };
  const entry = "test/kernel/guest/main.ts";
  await startGuest({ image, entry, consoleLog, limitMs: LIMIT_MS, onLine }).ended;
  const count = countResults(lines);
  if (lines.includes(END_OF_RUN)) return count;
  console.log(`not ok - the guest ran to its end\n${await lastWordsOf(consoleLog)}`);
  return { ...count, failed: count.failed + 1 };
}

/** The cases of the server run here, as its clients. */
async function runService(image: GuestImage): Promise<Count> {
  const consoleLog = join(CACHE, "service.log");
  const logged: string[] = [];
  const onLine = (line: string) => {
    if (/^(not )?ok /.test(line)) console.log(line);
    else logged.push(line);
    results.push(line);
  };
  const results: string[] = [];
  try {
    const guest = await startServiceGuest({ image, consoleLog, limitMs: LIMIT_MS, onLine });
    const platform = new Platform(guest);
    const served = await runCases(serviceCases(platform), (line) => console.log(line));
    const own = countResults(results);
    const count = { passed: served.passed + own.passed, failed: served.failed + own.failed };
    if (count.failed > 0) console.log(logged.join("\n"));
    await platform.close();
    await guest.stop();
    return count;
  } catch (error) {
    console.log(`not ok - a server runs in a guest\n${String(error)}`);
    console.log([...logged, await lastWordsOf(consoleLog)].join("\n"));
    return { passed: 0, failed: 1 };
  }
}
