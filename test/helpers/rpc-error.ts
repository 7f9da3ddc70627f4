import { Metadata, type ServiceError } from "@grpc/grpc-js";
import { BadRequest, ErrorInfo, ErrorReason, PackageRefusal, Status } from "@license-service/contract";

/** An error of an RPC, as a client reads it from the details. */
export class RpcError extends Error {
  readonly code: number;
  /** Name of the `ErrorReason`; empty: the error carries none. */
  readonly reason: string;
  /** Public facts for programs, the number of the reason among them. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Every reason against a package: "<file>: <reason>". */
  readonly refusals: readonly string[];
  /** Names of the request's fields at fault. */
  readonly fields: readonly string[];

  constructor(error: ServiceError) {
    super(error.details, { cause: error });
    this.code = error.code;
    const [bytes] = (error.metadata ?? new Metadata()).get("grpc-status-details-bin");
    const details = bytes instanceof Buffer ? Status.decode(bytes).details : [];
    const find = <T>(name: string, decode: (value: Uint8Array) => T): T | undefined => {
      const found = details.find(({ typeUrl }) => typeUrl.endsWith(`/${name}`));
      return found && decode(found.value);
    };
    const info = find("google.rpc.ErrorInfo", (value) => ErrorInfo.decode(value));
    this.reason = info?.reason ?? "";
    this.metadata = info?.metadata ?? {};
    const refusals =
      find("license.v1.PackageRefusal", (value) => PackageRefusal.decode(value))?.refusals ?? [];
    this.refusals = refusals.map(({ fileName, reason }) => `${fileName}: ${reasonName(reason)}`);
    const fields = find("google.rpc.BadRequest", (value) => BadRequest.decode(value))?.fieldViolations ?? [];
    this.fields = fields.map(({ field }) => field);
  }
}

/** Reads an error of a grpc-js call. */
export function readRpcError(error: ServiceError | null): Error {
  return error === null
    ? new Error("the call ended with neither an answer nor an error")
    : new RpcError(error);
}

function reasonName(reason: number): string {
  return Object.entries(ErrorReason).find(([, value]) => value === reason)?.[0] ?? String(reason);
}

/** The error that a call ends with. Fails when it succeeds, or when the service did not answer at all. */
export async function rpcErrorOf(call: Promise<unknown>): Promise<RpcError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof RpcError) return error;
    throw error;
  }
  throw new Error("the call succeeded");
}
