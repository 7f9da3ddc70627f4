/** A USB bus without USB: a directory of Unix sockets, one for each device that is plugged in. */
import { type FSWatcher, mkdirSync, watch } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isErrorWithCode } from "../../license-file/private-key-file.ts";
import { systemTimers, type Timers } from "../../snapshot/timers.ts";
import { type UsbBus, type UsbDevice, UsbFault } from "../bus/bus.ts";
import { findSocketDevice } from "./socket-device.ts";
import { removeStaleSocket } from "./stale-socket.ts";

/** Sockets that are looked at; more are not, in the order of their names. */
const MAX_DEVICES = 64;

/** What a {@link SocketBus} works with. */
export interface SocketBusOptions {
  /** It need not exist; `watch` makes it, mode 0700. */
  readonly directory: string;
  /** Source of timeouts. Default: the process's. */
  readonly timers?: Timers;
}

/** The devices that `emulate` plugs into a directory. Whoever may write there can plug devices in. */
export class SocketBus implements UsbBus {
  readonly #directory: string;
  readonly #timers: Timers;

  constructor({ directory, timers = systemTimers }: SocketBusOptions) {
    this.#directory = directory;
    this.#timers = timers;
  }

  async list(): Promise<readonly UsbDevice[]> {
    const names = await this.#names();
    const found = await Promise.all(names.map((name) => this.#find(join(this.#directory, name))));
    return found.filter((device) => device !== undefined);
  }

  watch(onChange: () => void): () => void {
    const watcher = this.#watchDirectory(onChange);
    // A watch that ends early, as when the directory goes, tells nothing more.
    watcher?.on("error", () => watcher.close());
    return () => watcher?.close();
  }

  #watchDirectory(onChange: () => void): FSWatcher | undefined {
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      return watch(this.#directory, { persistent: false }, () => onChange());
    } catch {
      return undefined;
    }
  }

  async #names(): Promise<readonly string[]> {
    try {
      const names = await readdir(this.#directory);
      return names
        .filter((name) => name.endsWith(".sock") && !name.startsWith("."))
        .sort()
        .slice(0, MAX_DEVICES);
    } catch (cause) {
      if (isErrorWithCode(cause, "ENOENT")) return [];
      const kind = isErrorWithCode(cause, "EACCES") ? "NO_PERMISSION" : "OTHER";
      throw new UsbFault(kind, "the directory of the emulated ports cannot be read", { cause });
    }
  }

  /** `undefined`: no device is behind that name. */
  async #find(path: string): Promise<UsbDevice | undefined> {
    try {
      return await findSocketDevice(path, this.#timers);
    } catch {
      await removeStaleSocket(path).catch(() => undefined);
      return undefined;
    }
  }
}
