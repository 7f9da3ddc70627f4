import type { Server, UntypedServiceImplementation } from "@grpc/grpc-js";
import { LicenseServiceService } from "@license-service/contract";
import { adaptStream, adaptUnary } from "./adapters.ts";
import type { StreamHandler, UnaryHandler } from "./handler.ts";
import { serverDefinition } from "./service-definition.ts";

type Methods = typeof LicenseServiceService;
type RequestOf<Name extends keyof Methods> = ReturnType<Methods[Name]["requestDeserialize"]>;
type ResponseOf<Name extends keyof Methods> = ReturnType<Methods[Name]["responseDeserialize"]>;

/** A handler for every RPC of `license.v1.LicenseService`. */
export type LicenseHandlers = {
  readonly [Name in keyof Methods]: Methods[Name]["responseStream"] extends true
    ? StreamHandler<RequestOf<Name>, ResponseOf<Name>>
    : UnaryHandler<RequestOf<Name>, ResponseOf<Name>>;
};

/** Full name of the service. */
export const LICENSE_SERVICE_NAME = "license.v1.LicenseService";

/** Adds `license.v1.LicenseService` to a server. */
export function addLicenseService(server: Server, handlers: LicenseHandlers): void {
  const implementation: Record<keyof Methods, UntypedServiceImplementation[string]> = {
    getLicenseInfo: adaptUnary(handlers.getLicenseInfo),
    getLicenseRecords: adaptUnary(handlers.getLicenseRecords),
    getLicenseCapabilities: adaptUnary(handlers.getLicenseCapabilities),
    watchLicenseCapabilities: adaptStream(handlers.watchLicenseCapabilities),
    explainCapability: adaptUnary(handlers.explainCapability),
    uploadLicense: adaptUnary(handlers.uploadLicense),
    deleteLicense: adaptUnary(handlers.deleteLicense),
    reloadLicense: adaptUnary(handlers.reloadLicense),
    getRequestCode: adaptUnary(handlers.getRequestCode),
    listUsbKeys: adaptUnary(handlers.listUsbKeys),
    listCapabilityChanges: adaptUnary(handlers.listCapabilityChanges),
    putOffReminder: adaptUnary(handlers.putOffReminder),
    planLicenses: adaptUnary(handlers.planLicenses),
  };
  const definition = serverDefinition(LicenseServiceService, [LicenseServiceService.uploadLicense.path]);
  server.addService(definition, implementation);
}
