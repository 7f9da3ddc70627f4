import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  DescriptorProtoSchema,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { ServerReflectionRequest } from "@license-service/contract/reflection";
import test from "ava";
import { descriptors, readDescriptors } from "../../../src/rpc/descriptors.ts";
import { answerTo } from "../../../src/rpc/reflection.ts";

const SERVICES = ["a.B"];

function ask(question: Partial<ServerReflectionRequest>, sent = new Set<string>()) {
  const answer = answerTo(ServerReflectionRequest.create(question), SERVICES, sent);
  const files = answer.fileDescriptorResponse?.fileDescriptorProto.map(
    (bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name,
  );
  return { answer, files };
}

test("a file comes with everything that it imports, directly or not", (t) => {
  const { files } = ask({ fileByFilename: "license/v1/license_service.proto" });
  t.is(files?.[0], "license/v1/license_service.proto");
  for (const name of [
    "google/protobuf/timestamp.proto",
    "license/v1/capability.proto",
    "license/v1/meter.proto",
  ]) {
    t.true(files?.includes(name), name);
  }
});

test("the imports of every file are there", (t) => {
  for (const { name, imports } of descriptors().filesByName.values()) {
    for (const imported of imports)
      t.true(descriptors().filesByName.has(imported), `${name} imports ${imported}`);
  }
});

const SYMBOLS: readonly [symbol: string, file: string][] = [
  ["license.v1.LicenseService", "license/v1/license_service.proto"],
  ["license.v1.LicenseService.GetLicenseInfo", "license/v1/license_service.proto"],
  ["license.v1.Capability", "license/v1/capability.proto"],
  ["license.v1.Capability.expire_time", "license/v1/capability.proto"],
  ["license.v1.CapabilityState", "license/v1/capability.proto"],
  ["license.v1.CAPABILITY_STATE_ENABLED", "license/v1/capability.proto"],
  ["license.v1.DeleteLicenseRequest.target", "license/v1/license_service.proto"],
  ["google.protobuf.Timestamp", "google/protobuf/timestamp.proto"],
  ["google.rpc.BadRequest.FieldViolation", "google/rpc/error_details.proto"],
  ["grpc.health.v1.HealthCheckResponse.ServingStatus", "health/v1/health.proto"],
  ["grpc.reflection.v1alpha.ServerReflection", "grpc/reflection/v1alpha/reflection.proto"],
];

for (const [symbol, file] of SYMBOLS) {
  test(`the symbol ${symbol} is found in ${file}`, (t) => {
    t.is(ask({ fileContainingSymbol: symbol }).files?.[0], file);
  });
}

test("a stream is not sent an import twice, but always the file that it asks for", (t) => {
  const sent = new Set<string>();
  ask({ fileContainingSymbol: "license.v1.License" }, sent);
  t.deepEqual(ask({ fileContainingSymbol: "license.v1.Capability" }, sent).files, [
    "license/v1/capability.proto",
  ]);
  t.deepEqual(ask({ fileContainingSymbol: "google.protobuf.Timestamp" }, sent).files, [
    "google/protobuf/timestamp.proto",
  ]);
});

test("the comments of the contract travel", (t) => {
  const { answer } = ask({ fileByFilename: "license/v1/usb_key.proto" });
  const [bytes = Buffer.alloc(0)] = answer.fileDescriptorResponse?.fileDescriptorProto ?? [];
  t.true(bytes.includes("is a license key seen on a USB port"));
});

test("extensions are answered: by number, by type, and that there are none", (t) => {
  t.deepEqual(ask({ allExtensionNumbersOfType: "license.v1.License" }).answer.allExtensionNumbersResponse, {
    baseTypeName: "license.v1.License",
    extensionNumber: [],
  });
  const nobody = { containingType: "license.v1.License", extensionNumber: 100 };
  t.is(ask({ fileContainingExtension: nobody }).answer.errorResponse?.errorCode, 5);
  const base = create(DescriptorProtoSchema, { name: "Base" });
  const extension = [120, 110].map((number) =>
    create(FieldDescriptorProtoSchema, { name: `field${number}`, extendee: ".x.Base", number }),
  );
  const file = create(FileDescriptorProtoSchema, {
    name: "x.proto",
    package: "x",
    messageType: [base],
    extension,
  });
  const set = toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [file] }));
  const read = readDescriptors(set);
  t.deepEqual(
    read.extensionsByType.get("x.Base")?.map(({ number }) => number),
    [120, 110],
  );
  t.is(read.filesBySymbol.get("x.field110")?.name, "x.proto");
});

test("what is not there is NOT_FOUND, with the name escaped and cut", (t) => {
  const { answer } = ask({ fileContainingSymbol: `\u001b[2J${"x".repeat(10_000)}` });
  t.is(answer.errorResponse?.errorCode, 5);
  t.notRegex(answer.errorResponse?.errorMessage ?? "", /\p{Cc}/u);
  t.true((answer.errorResponse?.errorMessage.length ?? 0) < 200);
  t.is(ask({ fileByFilename: "../license.proto" }).answer.errorResponse?.errorCode, 5);
  t.is(ask({ allExtensionNumbersOfType: "no.Such" }).answer.errorResponse?.errorCode, 5);
});

test("a request that asks for nothing is INVALID_ARGUMENT", (t) => {
  t.is(ask({}).answer.errorResponse?.errorCode, 3);
});

test("services are listed", (t) => {
  t.deepEqual(ask({ listServices: "" }).answer.listServicesResponse, { service: [{ name: "a.B" }] });
});
