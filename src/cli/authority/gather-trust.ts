import { PRODUCT_TRUST_DIRECTORY } from "../../license-file/product-trust.ts";
import { isTestKey, loadTrustStore, type TrustStore } from "../../license-file/trust-store.ts";
import { asVendor, readVendorAnchors } from "./vendor.ts";

/** Options that name anchors to check signatures with. */
export interface TrustOptions {
  /** Default: that of this product. */
  readonly trust?: string;
  /** A vendor's directory, whose anchors count beside them. */
  readonly directory?: string;
}

/** The anchors of the options. @throws CliError of kind usage. */
export async function gatherTrust({ trust, directory }: TrustOptions): Promise<TrustStore> {
  const product = await asVendor(() => loadTrustStore({ trustDirectory: trust ?? PRODUCT_TRUST_DIRECTORY }));
  if (directory === undefined) return product;
  const own = await readVendorAnchors(directory);
  const anchors = new Map([...product.anchors, ...own.map((anchor) => [anchor.keyId, anchor] as const)]);
  return { anchors, isTestVendorTrusted: own.some(({ keyId }) => isTestKey(keyId)) };
}
