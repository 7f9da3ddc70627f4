import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { AuthorityError } from "./authority-error.ts";
import { nameFault, nameKey } from "./entry-name.ts";

/** A license to be packed. */
export interface FileToPack {
  /** Name in the archive: plain, at most 100 bytes. */
  readonly fileName: string;
  /** The compact JWS. */
  readonly signedBytes: string;
}

/**
 * Packs licenses into a tar.gz that `readPackage` and any tar take. Bytes are the same for the same files in
 * the same order: times and owners are left out.
 *
 * @throws AuthorityError: no file, a name that is not allowed or there twice.
 */
export async function packLicenses(files: readonly FileToPack[]): Promise<Uint8Array> {
  checkNames(files.map((file) => file.fileName));
  const archive = pack();
  for (const { fileName, signedBytes } of files) {
    archive.entry({ name: fileName, mode: 0o644, mtime: new Date(0) }, signedBytes);
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  return gzipSync(Buffer.concat(chunks));
}

function checkNames(names: readonly string[]): void {
  if (names.length === 0) throw new AuthorityError("A package needs at least one license.");
  const seen = new Set<string>();
  for (const name of names) {
    const fault = Buffer.byteLength(name) > 100 ? "has more than 100 bytes" : nameFault(name);
    if (fault !== undefined) throw new AuthorityError(`A file cannot be packed: the name ${fault}.`);
    if (seen.has(nameKey(name)))
      throw new AuthorityError("Two files of a package have the same name, letter case aside.");
    seen.add(nameKey(name));
  }
}
