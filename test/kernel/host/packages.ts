/** What the run needs of the distribution: an emulator that is installed, and a kernel that is only unpacked. */
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { isInstalled, runProgram } from "./program.ts";

/** The program that emulates a machine. */
export const EMULATOR = "qemu-system-x86_64";
const EMULATOR_PACKAGE = "qemu-system-x86";

/** Its newest version depends on the package that holds the kernel itself. */
const KERNEL_METAPACKAGE = "linux-image-amd64";
const GUEST_DRIVERS = ["usb", "net/ethernet/intel/e1000"].map((name) => `*/kernel/drivers/${name}/*`);
const PROGRAM_PACKAGES = ["udev", "libkmod2", "busybox-static"];

/** The run cannot begin; its message says what is missing and what to do. */
export class MissingPartError extends Error {
  override readonly name = "MissingPartError";
}

/**
 * Makes sure that the emulator is installed: as root by apt-get.
 *
 * @throws MissingPartError
 */
export async function ensureEmulator(): Promise<void> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new MissingPartError(
      `this run needs Linux on x86-64, and this is ${process.platform} on ${process.arch}`,
    );
  }
  if (await isInstalled(EMULATOR)) return;
  if (process.getuid?.() !== 0 || !(await isInstalled("apt-get"))) {
    throw new MissingPartError(
      `${EMULATOR} is not installed. As root: apt-get install --no-install-recommends ${EMULATOR_PACKAGE}`,
    );
  }
  console.log(`installing ${EMULATOR_PACKAGE}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await withFreshLists(() =>
    runProgram("apt-get", ["install", "-y", "-q", "--no-install-recommends", EMULATOR_PACKAGE], { env }),
  );
}

/**
 * Unpacks the packages of kernel, udevd and busybox, unless an earlier run has; installs nothing.
 *
 * @returns the directory that they are unpacked in.
 * @throws MissingPartError
 */
export async function ensureKernel(cache: string): Promise<string> {
  const root = join(cache, "root");
  if (await isThere(root)) return root;
  if (!(await isInstalled("apt-get"))) {
    throw new MissingPartError(
      "this run takes its kernel from Debian's packages and needs apt-get and dpkg-deb",
    );
  }
  console.log("unpacking a kernel");
  await rm(cache, { recursive: true, force: true });
  const [packages, unpacked] = [join(cache, "packages"), join(cache, "unpacked")];
  for (const directory of [packages, unpacked]) await mkdir(directory, { recursive: true });
  await withFreshLists(async () => {
    const names = [await kernelPackage(), ...PROGRAM_PACKAGES];
    await runProgram("apt-get", ["download", "-q", ...names], { cwd: packages });
  });
  for (const name of await readdir(packages)) await unpack(join(packages, name), unpacked);
  await rm(packages, { recursive: true });
  await rename(unpacked, root);
  return root;
}

/** Of a kernel, most is drivers that no guest loads. */
async function unpack(file: string, target: string): Promise<void> {
  const wanted = basename(file).startsWith("linux-image-")
    ? ["--wildcards", "./boot/*", ...GUEST_DRIVERS]
    : [];
  const script = 'set -o pipefail; file=$1; shift; dpkg-deb --fsys-tarfile "$file" | tar -x "$@"';
  await runProgram("bash", ["-c", script, "unpack", file, "-C", target, ...wanted]);
}

async function kernelPackage(): Promise<string> {
  const depends = await runProgram("apt-cache", ["depends", "--important", KERNEL_METAPACKAGE]);
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined) throw new Error(`${KERNEL_METAPACKAGE} names no kernel`);
  return name;
}

/** The lists of packages are fetched only when they do not serve, and only root may. */
async function withFreshLists(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (process.getuid?.() !== 0) {
      throw new MissingPartError(`${String(error)}\nAs root: apt-get update`, { cause: error });
    }
    await runProgram("apt-get", ["update", "-q"]);
    await work();
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
