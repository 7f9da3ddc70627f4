/**
 * gRPC server reflection, v1 and v1alpha, from the descriptors that buf built. `@grpc/reflection` is
 * not used: it re-makes descriptors from what proto-loader loaded, and loses imported files.
 */
import { once } from "node:events";
import { type handleBidiStreamingCall, type Server, type ServiceDefinition, status } from "@grpc/grpc-js";
import {
  type ServerReflectionRequest,
  ServerReflectionResponse,
  ServerReflectionService,
} from "@license-service/contract/reflection";
import { outsideText } from "../license-file/outside-text.ts";
import { descriptors, type ProtoFile } from "./descriptors.ts";
import { serverDefinition } from "./service-definition.ts";

type Answer = Partial<ServerReflectionResponse>;

const V1 = "grpc.reflection.v1.ServerReflection";
const V1_ALPHA = "grpc.reflection.v1alpha.ServerReflection";

/**
 * Adds both versions of reflection to a server.
 *
 * @param services full names of the other services that the server has.
 */
export function addReflection(server: Server, services: readonly string[]): void {
  const names = [...services, V1, V1_ALPHA].sort();
  const serverReflectionInfo = handlerFor(names);
  for (const version of [V1, V1_ALPHA]) server.addService(definitionAs(version), { serverReflectionInfo });
}

/** The two versions differ in name only. */
function definitionAs(service: string): ServiceDefinition {
  const method = ServerReflectionService.serverReflectionInfo;
  const path = `/${service}/ServerReflectionInfo`;
  return serverDefinition({ serverReflectionInfo: { ...method, path } }, []);
}

function handlerFor(
  services: readonly string[],
): handleBidiStreamingCall<ServerReflectionRequest, ServerReflectionResponse> {
  return async (call) => {
    const sent = new Set<string>();
    try {
      for await (const request of call) {
        const answer = answerTo(request, services, sent);
        const response = ServerReflectionResponse.create({
          validHost: request.host,
          originalRequest: request,
          ...answer,
        });
        // grpc-js queues without bound: the next request is read when this answer is gone.
        if (!call.write(response)) await once(call, "drain");
      }
      call.end();
    } catch (error) {
      // A caller that goes away ends the loop with an error; the call is over then.
      if (!call.cancelled) call.emit("error", error);
    }
  };
}

/**
 * Answers one request.
 *
 * @param services full names of all services.
 * @param sent names of the files that this stream was sent already; those sent now are added.
 */
export function answerTo(
  request: ServerReflectionRequest,
  services: readonly string[],
  sent: Set<string>,
): Answer {
  if (request.listServices !== undefined) {
    return { listServicesResponse: { service: services.map((name) => ({ name })) } };
  }
  const { filesByName, filesBySymbol, extensionsByType } = descriptors();
  if (request.fileByFilename !== undefined) {
    return fileAnswer(filesByName.get(request.fileByFilename), request.fileByFilename, sent);
  }
  if (request.fileContainingSymbol !== undefined) {
    return fileAnswer(filesBySymbol.get(request.fileContainingSymbol), request.fileContainingSymbol, sent);
  }
  if (request.fileContainingExtension !== undefined) {
    const { containingType, extensionNumber } = request.fileContainingExtension;
    const found = extensionsByType.get(containingType)?.find(({ number }) => number === extensionNumber);
    return fileAnswer(found?.file, `extension ${extensionNumber} of ${containingType}`, sent);
  }
  if (request.allExtensionNumbersOfType !== undefined)
    return extensionNumbers(request.allExtensionNumbersOfType);
  return refusal(status.INVALID_ARGUMENT, "The request asks for nothing.");
}

function fileAnswer(file: ProtoFile | undefined, asked: string, sent: Set<string>): Answer {
  if (file === undefined) return refusal(status.NOT_FOUND, `Not found: ${outsideText(asked)}.`);
  const files = [file, ...importsOf(file).filter(({ name }) => !sent.has(name))];
  for (const { name } of files) sent.add(name);
  return { fileDescriptorResponse: { fileDescriptorProto: files.map(({ bytes }) => bytes) } };
}

/** Everything that a file imports, directly or not, without the file itself. */
function importsOf(file: ProtoFile): ProtoFile[] {
  const found = new Map<string, ProtoFile>([[file.name, file]]);
  // A map is walked in the order of insertion, and what is added on the way is walked as well.
  for (const { imports } of found.values()) {
    for (const name of imports) {
      const imported = descriptors().filesByName.get(name);
      if (imported !== undefined) found.set(name, imported);
    }
  }
  return [...found.values()].slice(1);
}

function extensionNumbers(type: string): Answer {
  const { filesBySymbol, extensionsByType } = descriptors();
  if (!filesBySymbol.has(type)) return refusal(status.NOT_FOUND, `Not found: ${outsideText(type)}.`);
  const extensionNumber = (extensionsByType.get(type) ?? [])
    .map(({ number }) => number)
    .sort((a, b) => a - b);
  return { allExtensionNumbersResponse: { baseTypeName: type, extensionNumber } };
}

function refusal(errorCode: status, errorMessage: string): Answer {
  return { errorResponse: { errorCode, errorMessage } };
}
