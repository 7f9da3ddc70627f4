/**
 * The contract of the license service as TypeScript: messages, service definitions and clients,
 * generated from `proto/`. Server and clients share this one package.
 */

export { Any } from "./gen/google/protobuf/any.ts";
export { BadRequest, ErrorInfo, RetryInfo } from "./gen/google/rpc/error_details.ts";
export { Status } from "./gen/google/rpc/status.ts";
export * from "./gen/license/v1/alert.ts";
export * from "./gen/license/v1/capability.ts";
export * from "./gen/license/v1/errors.ts";
export * from "./gen/license/v1/license.ts";
export * from "./gen/license/v1/license_service.ts";
export * from "./gen/license/v1/meter.ts";
export * from "./gen/license/v1/node.ts";
export * from "./gen/license/v1/quota_service.ts";
export * from "./gen/license/v1/revision.ts";
export * from "./gen/license/v1/token_service.ts";
export * from "./gen/license/v1/usb_key.ts";
