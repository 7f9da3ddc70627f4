/** The RPCs of license.v1 as the contract states them: from the descriptors, and the roles from the comments. */
import { readdirSync, readFileSync } from "node:fs";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { descriptorSetBase64 } from "@license-service/contract/descriptor-set";
import type { Role } from "../../src/store/types.ts";

/** One RPC of the contract. */
export interface ContractRpc {
  /** "/license.v1.<service>/<method>". */
  readonly path: string;
  /** Its answer, or its request, is a stream. */
  readonly isStream: boolean;
  /** The roles that its comment states; empty: it states none. */
  readonly roles: readonly Role[];
}

const PACKAGE = "license.v1";
const DIRECTORY = new URL("../../proto/license/v1/", import.meta.url);

/** Every RPC of every service of the package. */
export const CONTRACT_RPCS: readonly ContractRpc[] = readRpcs();

function readRpcs(): ContractRpc[] {
  const roles = statedRoles();
  return fromBinary(FileDescriptorSetSchema, Buffer.from(descriptorSetBase64, "base64"))
    .file.filter((file) => file.package === PACKAGE)
    .flatMap((file) => file.service)
    .flatMap((service) =>
      service.method.map((method) => {
        const path = `/${PACKAGE}.${service.name}/${method.name}`;
        const isStream = method.serverStreaming || method.clientStreaming;
        return { path, isStream, roles: roles.get(path) ?? [] };
      }),
    );
}

/** "Roles: admin, viewer." at the end of an RPC's comment, by path. */
function statedRoles(): ReadonlyMap<string, readonly Role[]> {
  const found = new Map<string, readonly Role[]>();
  for (const name of readdirSync(DIRECTORY)) {
    const proto = readFileSync(new URL(name, DIRECTORY), "utf8");
    for (const [, service, body = ""] of proto.matchAll(/^service (\w+) \{\n(.*?)^\}/gms)) {
      for (const [, comment = "", rpc] of body.matchAll(/((?: *\/\/[^\n]*\n)+) *rpc (\w+)\(/g)) {
        const stated = /Roles: ([a-z, ]+)\./.exec(comment.replace(/\s*\/\/ ?/g, " "))?.[1] ?? "";
        found.set(`/${PACKAGE}.${service}/${rpc}`, stated.split(", ").filter(Boolean) as Role[]);
      }
    }
  }
  return found;
}
