/** A guest: a real kernel on an emulated machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { GuestImage } from "./image.ts";
import { EMULATOR } from "./packages.ts";

/** What a guest runs. */
export interface GuestOptions {
  readonly image: GuestImage;
  /** A program of the project, as its path. */
  readonly entry: string;
  /** File of this host that what the kernel says is written to. */
  readonly consoleLog: string;
  /** TCP ports of the guest by the port of this host's loopback that leads to them. Default: none. */
  readonly forwards?: Readonly<Record<number, number>>;
  /** The machine is switched off after it, ms. */
  readonly limitMs: number;
  /** Takes each line that the program writes. */
  readonly onLine: (line: string) => void;
}

/** A guest that runs. */
export interface Guest {
  /** Resolves when it is off. */
  readonly ended: Promise<void>;
  isOff(): boolean;
  /** Switches it off. */
  stop(): Promise<void>;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Starts a guest. A signal to this process switches it off; so does its limit, should this process be killed. */
export function startGuest(options: GuestOptions): Guest {
  const machine = [EMULATOR, ...machineArguments(options)];
  const child = spawn("timeout", [`${options.limitMs / 1000}`, ...machine], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let isWanted = true;
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => options.onLine(line.trimEnd()));
  // That it was switched off is no news.
  createInterface({ input: child.stderr }).on("line", (line) => isWanted && console.error(line));
  const switchOff = () => {
    isWanted = false;
    child.kill("SIGTERM");
  };
  for (const signal of SIGNALS) process.once(signal, switchOff);
  const ended = endOf(child).finally(() => {
    for (const signal of SIGNALS) process.off(signal, switchOff);
  });
  const stop = () => {
    switchOff();
    return ended;
  };
  return { ended, isOff: () => child.exitCode !== null || child.signalCode !== null, stop };
}

/** The last that a kernel said. */
export async function lastWordsOf(consoleLog: string): Promise<string> {
  const text = await readFile(consoleLog, "utf8").catch(() => "");
  return text.split(/\r?\n/).slice(-30).join("\n");
}

async function endOf(child: ChildProcess): Promise<void> {
  await once(child, "close");
}

function machineArguments({ image, entry, consoleLog, forwards = {} }: GuestOptions): readonly string[] {
  const forwarded = Object.entries(forwards).map(
    ([host, guest]) => `,hostfwd=tcp:127.0.0.1:${host}-:${guest}`,
  );
  return [
    // A second processor costs more to emulate than it gives.
    ...["-accel", "tcg,thread=multi", "-cpu", "max", "-machine", "q35", "-smp", "1", "-m", "1536"],
    ...["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"],
    ...["-serial", `file:${consoleLog}`, "-serial", "stdio"],
    ...["-netdev", `user,id=net${forwarded.join("")}`, "-device", "e1000,netdev=net"],
    ...["-kernel", image.kernel, "-initrd", image.initramfs],
    // What is not the kernel's becomes the environment of the first process.
    ...[
      "-append",
      `console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on tsc=reliable entry=${entry}`,
    ],
  ];
}
