import { create, createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { type Client, type ClientDuplexStream, Metadata, status } from "@grpc/grpc-js";
import { descriptorSetBase64 } from "@license-service/contract/descriptor-set";
import {
  ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflectionService,
} from "@license-service/contract/reflection";
import test from "ava";
import { type RpcError, readRpcError } from "../../helpers/rpc-error.ts";
import { startTokenService } from "../../helpers/token-service.ts";

const SERVICES = [
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
  "license.v1.LicenseService",
  "license.v1.QuotaService",
  "license.v1.TokenService",
];

/** Every message that can be described, by full name; entries of maps are no messages to a reader. */
const MESSAGES = fromBinary(FileDescriptorSetSchema, Buffer.from(descriptorSetBase64, "base64")).file.flatMap(
  (file) => file.messageType.flatMap((message) => namesOf(`${file.package}.`, message)),
);

function namesOf(scope: string, { name, nestedType, options }: DescriptorProto): string[] {
  if (options?.mapEntry) return [];
  return [scope + name, ...nestedType.flatMap((nested) => namesOf(`${scope}${name}.`, nested))];
}

/** Asks one question after the other over one stream, as tools do. */
class Asker {
  readonly #call: ClientDuplexStream<ServerReflectionRequest, ServerReflectionResponse>;

  constructor(client: Client, version: string, authorization?: string) {
    const { requestSerialize, responseDeserialize } = ServerReflectionService.serverReflectionInfo;
    const metadata = new Metadata();
    if (authorization !== undefined) metadata.set("authorization", authorization);
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    this.#call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
  }

  ask(question: Partial<ServerReflectionRequest>): Promise<ServerReflectionResponse> {
    return new Promise((resolve, reject) => {
      this.#call.once("data", resolve);
      this.#call.once("error", (error) => reject(readRpcError(error as never)));
      this.#call.write(ServerReflectionRequest.create(question));
    });
  }

  /** Ends the stream in order; resolves with its status code. */
  end(): Promise<number> {
    return new Promise((resolve) => {
      this.#call.once("status", ({ code }: { code: number }) => resolve(code));
      this.#call.end();
    });
  }
}

for (const version of ["v1", "v1alpha"]) {
  test(`${version} lists the services, echoes the request, and ends in order`, async (t) => {
    const rpc = await startTokenService(t);
    const asker = new Asker(rpc.client(), version);
    const answer = await asker.ask({ host: "here", listServices: "*" });
    t.deepEqual(
      answer.listServicesResponse?.service.map(({ name }) => name),
      SERVICES,
    );
    t.is(answer.validHost, "here");
    t.is(answer.originalRequest?.listServices, "*");
    t.is(await asker.end(), status.OK);
  });

  test(`${version} gives a client everything to describe every service and every message`, async (t) => {
    const rpc = await startTokenService(t);
    const client = rpc.client();
    t.true(MESSAGES.includes("license.v1.Capability") && MESSAGES.includes("google.protobuf.Timestamp"));
    for (const name of [...SERVICES, ...MESSAGES]) {
      // A new stream each time: a client that knows nothing yet.
      const asker = new Asker(client, version);
      const answer = await asker.ask({ fileContainingSymbol: name });
      const file = (answer.fileDescriptorResponse?.fileDescriptorProto ?? []).map(
        (bytes): FileDescriptorProto => fromBinary(FileDescriptorProtoSchema, bytes),
      );
      // Fails on an import or a type that is not there.
      const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: dependenciesFirst(file) }));
      t.truthy(registry.get(name), name);
      t.is(await asker.end(), status.OK);
    }
  });
}

/** The order that a descriptor set has. */
function dependenciesFirst(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  const ordered = new Set<FileDescriptorProto>();
  const add = (file: FileDescriptorProto | undefined): void => {
    if (file === undefined || ordered.has(file)) return;
    for (const name of file.dependency) add(byName.get(name));
    ordered.add(file);
  };
  for (const file of files) add(file);
  return [...ordered];
}

test("threat 1: in production reflection is off, and if it is switched on it asks for a token", async (t) => {
  const off = await startTokenService(t, { isDevelopment: false });
  const admin = `Bearer ${off.tokens.admin.text}`;
  const refused = await t.throwsAsync<RpcError>(
    new Asker(off.client(), "v1", admin).ask({ listServices: "" }),
  );
  t.like(refused, { code: status.UNIMPLEMENTED });
  const on = await startTokenService(t, { isDevelopment: false, flags: ["--reflection", "on"] });
  const stranger = await t.throwsAsync<RpcError>(new Asker(on.client(), "v1").ask({ listServices: "" }));
  t.like(stranger, { code: status.UNAUTHENTICATED, reason: "TOKEN_MISSING" });
  for (const role of ["admin", "viewer", "service"] as const) {
    const asker = new Asker(on.client(), "v1", `Bearer ${on.tokens[role].text}`);
    t.is((await asker.ask({ listServices: "" })).listServicesResponse?.service.length, SERVICES.length);
    t.is(await asker.end(), status.OK);
  }
});
