/** Finds the files of the contract, for reflection, in the descriptors that buf built. */
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { descriptorSetBase64 } from "@license-service/contract/descriptor-set";

/** One .proto file. */
export interface ProtoFile {
  readonly name: string;
  /** Names of the files that it imports. */
  readonly imports: readonly string[];
  /** The file as a google.protobuf.FileDescriptorProto. */
  readonly bytes: Buffer;
}

/** An extension field. */
export interface ProtoExtension {
  readonly number: number;
  readonly file: ProtoFile;
}

/** Files by name, by the symbols that they declare, and by the extensions. */
export interface Descriptors {
  readonly filesByName: ReadonlyMap<string, ProtoFile>;
  /** By full name: messages, fields, oneofs, enums, their values, services, methods, extensions. */
  readonly filesBySymbol: ReadonlyMap<string, ProtoFile>;
  /** By full name of the message that is extended. */
  readonly extensionsByType: ReadonlyMap<string, readonly ProtoExtension[]>;
}

let loaded: Descriptors | undefined;

/** Everything that the server speaks. Read when first asked for: in production nobody may ever ask. */
export function descriptors(): Descriptors {
  loaded ??= readDescriptors(Buffer.from(descriptorSetBase64, "base64"));
  return loaded;
}

/** Reads a google.protobuf.FileDescriptorSet; of files of one name the first counts. */
export function readDescriptors(descriptorSet: Uint8Array): Descriptors {
  const filesByName = new Map<string, ProtoFile>();
  const filesBySymbol = new Map<string, ProtoFile>();
  const extensions: (ProtoExtension & { readonly type: string })[] = [];
  for (const proto of fromBinary(FileDescriptorSetSchema, descriptorSet).file) {
    if (filesByName.has(proto.name)) continue;
    const bytes = Buffer.from(toBinary(FileDescriptorProtoSchema, proto));
    const file: ProtoFile = { name: proto.name, imports: proto.dependency, bytes };
    filesByName.set(file.name, file);
    const content = contentOf(proto);
    for (const symbol of content.symbols) filesBySymbol.set(symbol, file);
    for (const extension of content.extensions) extensions.push({ ...extension, file });
  }
  return {
    filesByName,
    filesBySymbol,
    extensionsByType: Map.groupBy(extensions, ({ type }) => type),
  };
}

interface Content {
  readonly symbols: string[];
  readonly extensions: { type: string; number: number }[];
}

function contentOf(file: FileDescriptorProto): Content {
  const content: Content = { symbols: [], extensions: [] };
  const scope = file.package === "" ? "" : `${file.package}.`;
  for (const message of file.messageType) addMessage(content, scope, message);
  for (const enumeration of file.enumType) addEnum(content, scope, enumeration);
  for (const { name, method } of file.service) {
    content.symbols.push(scope + name, ...method.map((rpc) => `${scope}${name}.${rpc.name}`));
  }
  addExtensions(content, scope, file.extension);
  return content;
}

function addMessage(content: Content, scope: string, message: DescriptorProto): void {
  const name = scope + message.name;
  const inner = `${name}.`;
  content.symbols.push(name);
  for (const member of [...message.field, ...message.oneofDecl]) content.symbols.push(inner + member.name);
  for (const nested of message.nestedType) addMessage(content, inner, nested);
  for (const enumeration of message.enumType) addEnum(content, inner, enumeration);
  addExtensions(content, inner, message.extension);
}

/** Values of an enum are named in the scope that the enum stands in, as in C++. */
function addEnum(content: Content, scope: string, { name, value }: EnumDescriptorProto): void {
  content.symbols.push(scope + name, ...value.map((one) => scope + one.name));
}

function addExtensions(content: Content, scope: string, extensions: FileDescriptorProto["extension"]): void {
  for (const { name, extendee, number } of extensions) {
    content.symbols.push(scope + name);
    content.extensions.push({ type: extendee.replace(/^\./, ""), number });
  }
}
