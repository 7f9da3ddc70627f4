/** Packages of licenses for an emulated key. */
import { packLicenses } from "../../../src/license-file/pack-licenses.ts";
import { licenseFor, type TestKey } from "../../helpers/emulated-keys.ts";
import type { IssueClaims, RpcService } from "../../helpers/rpc-service.ts";

/** Issues a license for each set of claims, and packs them. */
export async function packageFor(
  rpc: RpcService,
  key: TestKey,
  ...claims: readonly IssueClaims[]
): Promise<Uint8Array> {
  const licenses = await Promise.all(claims.map((each) => licenseFor(rpc, key, each)));
  return packLicenses(
    licenses.map((bytes, i) => ({ fileName: `${i + 1}.lic`, signedBytes: bytes.toString() })),
  );
}
