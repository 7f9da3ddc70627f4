/**
 * Reads archives of a few small files, in memory. Why not tar-stream, which writes them: it follows pax and
 * GNU headers that override names and sizes, swallows global pax headers, and hangs on some sizes. See
 * docs/adr/0003-license-format.md.
 */
import type { Refusal } from "../domain/refusal.ts";
import { nameFault, nameKey, shownName } from "./entry-name.ts";
import { outsideText } from "./outside-text.ts";
import type { PackageLimits } from "./package-limits.ts";
import { inFile, refuse } from "./refusals.ts";
import { isZero, readTarHeader, TAR_BLOCK_BYTES, type TarHeader } from "./tar-header.ts";

/** A file of a package, its name raw outside text; or what is against one, or against the package. */
export type PackageEntry =
  | { readonly fileName: string; readonly bytes: Uint8Array }
  | { readonly refusal: Refusal };

/** The file whose data blocks come next. */
interface OpenEntry {
  readonly name: string;
  /** `undefined`: refused, its data are skipped. */
  readonly content: Buffer | undefined;
  readonly sizeBytes: number;
  readBytes: number;
}

/** Takes an archive piece by piece, keeps what is good and notes what is not, in archive order. */
export class TarReader {
  /** Good files and refusals so far, in archive order. */
  readonly entries: PackageEntry[] = [];
  readonly #limits: PackageLimits;
  readonly #block = Buffer.alloc(TAR_BLOCK_BYTES);
  readonly #names = new Set<string>();
  #blockBytes = 0;
  #headerCount = 0;
  #zeroBlocks = 0;
  #open: OpenEntry | undefined;
  #isStopped = false;

  constructor(limits: PackageLimits) {
    this.#limits = limits;
  }

  /** From here on nothing can be read: more input changes nothing. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Takes the next piece, of any length. */
  write(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.#isStopped; ) {
      const part = chunk.subarray(at, at + TAR_BLOCK_BYTES - this.#blockBytes);
      this.#block.set(part, this.#blockBytes);
      this.#blockBytes += part.length;
      at += part.length;
      if (this.#blockBytes === TAR_BLOCK_BYTES) this.#takeBlock();
    }
  }

  /** The input is over: an archive ends with two zero blocks, and not in the middle of one. */
  end(): void {
    if (this.#isStopped || (this.#zeroBlocks >= 2 && this.#blockBytes === 0)) return;
    this.#stop(archiveInvalid("it ends before its end mark; it was cut off"));
  }

  #takeBlock(): void {
    this.#blockBytes = 0;
    const fatal = this.#open === undefined ? this.#takeMark() : this.#takeData(this.#open);
    if (fatal !== undefined) this.#stop(fatal);
  }

  /** Takes a header or one of the zero blocks at the end. Answers what makes the rest unreadable, if anything. */
  #takeMark(): Refusal | undefined {
    if (isZero(this.#block)) {
      this.#zeroBlocks += 1;
      return undefined;
    }
    if (this.#zeroBlocks > 0) return archiveInvalid("something follows its end mark");
    const header = readTarHeader(this.#block);
    if ("fault" in header) return archiveInvalid(header.fault);
    this.#headerCount += 1;
    if (this.#headerCount > this.#limits.maxEntries) {
      return tooLarge(`it holds more than ${this.#limits.maxEntries} entries`);
    }
    return this.#takeHeader(shownName(header.name), header);
  }

  #takeHeader(name: string, { kind, sizeBytes }: TarHeader): Refusal | undefined {
    if (kind !== "a file" && kind !== "a directory") return inFile(notAFile(name, kind), name);
    if (kind === "a directory" && sizeBytes !== 0)
      return inFile(archiveInvalid("a directory has data"), name);
    // A directory says nothing but its name; "./" is what `tar -C directory .` begins with.
    const isTop = kind === "a directory" && (name === "" || name === ".");
    const refusal = isTop ? undefined : (this.#judgeName(name) ?? this.#judgeSize(name, sizeBytes));
    if (refusal !== undefined) this.entries.push({ refusal: inFile(refusal, name) });
    if (kind === "a directory") return undefined;
    const content = refusal === undefined ? Buffer.alloc(sizeBytes) : undefined;
    this.#open = { name, content, sizeBytes, readBytes: 0 };
    if (sizeBytes === 0) this.#closeEntry(this.#open);
    return undefined;
  }

  #judgeName(name: string): Refusal | undefined {
    const fault = nameFault(name);
    if (fault !== undefined) return archiveInvalid(`the name ${quote(name)} ${fault}`);
    const key = nameKey(name);
    if (this.#names.has(key))
      return archiveInvalid(`the name ${quote(name)} is there twice, letter case aside`);
    this.#names.add(key);
    return undefined;
  }

  #judgeSize(name: string, sizeBytes: number): Refusal | undefined {
    if (sizeBytes <= this.#limits.maxEntryBytes) return undefined;
    return tooLarge(`the file ${quote(name)} has more than ${this.#limits.maxEntryBytes} bytes`);
  }

  #takeData(entry: OpenEntry): Refusal | undefined {
    const length = Math.min(TAR_BLOCK_BYTES, entry.sizeBytes - entry.readBytes);
    entry.content?.set(this.#block.subarray(0, length), entry.readBytes);
    entry.readBytes += length;
    if (!isZero(this.#block.subarray(length))) {
      return inFile(archiveInvalid("something is hidden behind the end of a file"), entry.name);
    }
    if (entry.readBytes === entry.sizeBytes) this.#closeEntry(entry);
    return undefined;
  }

  #closeEntry(entry: OpenEntry): void {
    this.#open = undefined;
    if (entry.content !== undefined) {
      this.entries.push({ fileName: entry.name, bytes: entry.content });
    }
  }

  #stop(refusal: Refusal): void {
    this.#isStopped = true;
    this.entries.push({ refusal });
  }
}

function notAFile(name: string, kind: string): Refusal {
  return archiveInvalid(
    `${quote(name)} is ${kind}; a package holds plain files only (pack with tar --format=ustar)`,
  );
}

/** An archive that is damaged or holds what it must not. `problem` finishes "The archive cannot be read: …". */
export function archiveInvalid(problem: string): Refusal {
  return refuse(
    "ARCHIVE_INVALID",
    `The archive cannot be read: ${problem}. Upload the file that the vendor sent.`,
  );
}

/** A package above one of its limits. `problem` finishes "The package is too large: …". */
export function tooLarge(problem: string): Refusal {
  return refuse(
    "PACKAGE_TOO_LARGE",
    `The package is too large: ${problem}. Upload its licenses in smaller packages.`,
  );
}

function quote(name: string): string {
  return `"${outsideText(name, 100)}"`;
}
