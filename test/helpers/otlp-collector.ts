/** A collector of traces: real HTTP, real protobuf, and nothing kept but spans. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import type { Teardown } from "./rpc-service.ts";

/** A span as it arrived; ids in hex, empty if there is none. */
export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  /** 2: server. */
  readonly kind: number;
  /** 2: error. */
  readonly status: number;
  readonly attributes: Readonly<Record<string, string>>;
  /** Attributes of who sent it. */
  readonly resource: Readonly<Record<string, string>>;
}

/** A collector that listens. */
export interface OtlpCollector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly endpoint: string;
  readonly spans: readonly CollectedSpan[];
  /** Resolves with the first span, from the beginning, that `isWanted`. */
  span(isWanted: (span: CollectedSpan) => boolean): Promise<CollectedSpan>;
}

/** Starts a collector on a free port. */
export async function startOtlpCollector(t: Teardown): Promise<OtlpCollector> {
  const spans: CollectedSpan[] = [];
  const server: Server = createServer(async (request, response) => {
    const body = await buffer(request);
    if (request.url === "/v1/traces") spans.push(...readSpans(body));
    response.writeHead(request.url === "/v1/traces" ? 200 : 404).end();
    server.emit("collected");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    async span(isWanted) {
      for (;;) {
        const span = spans.find(isWanted);
        if (span !== undefined) return span;
        await once(server, "collected");
      }
    },
  };
}

/** A message by field number: bytes of length-delimited fields, numbers as text of the others. */
type Fields = ReadonlyMap<number, readonly Uint8Array[]> & { readonly numbers: ReadonlyMap<number, string> };

function readFields(bytes: Uint8Array): Fields {
  const fields = new Map<number, Uint8Array[]>();
  const numbers = new Map<number, string>();
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type === WireType.LengthDelimited) fields.set(field, [...(fields.get(field) ?? []), reader.bytes()]);
    else if (type === WireType.Varint) numbers.set(field, String(reader.int64()));
    else reader.skip(type, field);
  }
  return Object.assign(fields, { numbers });
}

/** opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest */
function readSpans(body: Uint8Array): CollectedSpan[] {
  return many(readFields(body), 1).flatMap((resourceSpans) => {
    const [resource] = many(resourceSpans, 1);
    const attributes = resource === undefined ? {} : readAttributes(resource, 1);
    const scopes = many(resourceSpans, 2);
    return scopes.flatMap((scope) => many(scope, 2)).map((span) => readSpan(span, attributes));
  });
}

function readSpan(span: Fields, resource: CollectedSpan["resource"]): CollectedSpan {
  return {
    traceId: Buffer.from(span.get(1)?.[0] ?? []).toString("hex"),
    traceState: textOf(span, 3),
    parentSpanId: Buffer.from(span.get(4)?.[0] ?? []).toString("hex"),
    name: textOf(span, 5),
    kind: Number(span.numbers.get(6)),
    attributes: readAttributes(span, 9),
    status: Number(many(span, 15)[0]?.numbers.get(3) ?? 0),
    resource,
  };
}

function readAttributes(message: Fields, field: number): Record<string, string> {
  const pairs = many(message, field).map((pair) => {
    const [value] = many(pair, 2);
    return [textOf(pair, 1), value?.numbers.get(3) ?? (value === undefined ? "" : textOf(value, 1))];
  });
  return Object.fromEntries(pairs);
}

function many(message: Fields, field: number): Fields[] {
  return (message.get(field) ?? []).map(readFields);
}

function textOf(message: Fields, field: number): string {
  return Buffer.from(message.get(field)?.[0] ?? []).toString();
}
