import { initAuthority } from "../../license-file/authority.ts";
import { asVendor } from "../authority/vendor.ts";
import type { CommandContext } from "../context.ts";
import { readInstant } from "../options.ts";
import { styled } from "../output/screen.ts";
import { formatInstant } from "../output/time.ts";

/** Options of `licensectl authority init`. */
export interface InitOptions {
  readonly issuer: string;
  readonly directory: string;
  readonly trust?: string;
  readonly keyId?: string;
  readonly validFrom?: string;
  readonly validUntil?: string;
}

/** `licensectl authority init`: makes the vendor's key. */
export async function authorityInit({ isJson, out }: CommandContext, options: InitOptions): Promise<void> {
  const { issuer, directory, trust: trustDirectory, keyId } = options;
  const notBefore = readInstant("--valid-from", options.validFrom)?.getTime() ?? Date.now();
  const notAfter = readInstant("--valid-until", options.validUntil)?.getTime();
  const authority = await asVendor(() =>
    initAuthority({ issuer, directory, trustDirectory, keyId, notBefore, notAfter }),
  );
  const validFrom = new Date(authority.notBefore);
  const validUntil = authority.notAfter === undefined ? undefined : new Date(authority.notAfter);
  if (isJson) {
    return out.json({ issuer, keyId: authority.keyId, directory, trustDirectory, validFrom, validUntil });
  }
  out.line`Made the key ${styled("bold", authority.keyId)} of ${authority.issuer} in ${directory}.`;
  out.fields(
    [
      ["valid from", formatInstant(validFrom)],
      ["valid until", validUntil === undefined ? "no end" : formatInstant(validUntil)],
      ["anchor", trustDirectory === undefined ? undefined : `${trustDirectory}/${authority.keyId}.json`],
    ],
    "  ",
  );
  out.line`The private key is in that directory only: keep a copy in a safe place, and off every customer's machine.`;
  if (trustDirectory === undefined) {
    out.line`No product believes the key yet: put its anchor.json into the "trust" directory of the product, as ${authority.keyId}.json.`;
  }
}
