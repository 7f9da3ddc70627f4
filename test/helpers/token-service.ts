/** A whole service with a token of each kind, called by path and bytes, as any client in any language calls. */
import { randomUUID } from "node:crypto";
import {
  Client,
  type ClientOptions,
  credentials,
  Metadata,
  type ServiceError,
  type StatusObject,
} from "@grpc/grpc-js";
import { type DestinationStream, pino } from "pino";
import { type Clock, createClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import type { Instant } from "../../src/domain/license.ts";
import { createToken, hashToken } from "../../src/identity/token.ts";
import { type RunningService, startService } from "../../src/start/start-service.ts";
import { openDatabase } from "../../src/store/open-database.ts";
import { insertToken, revokeToken } from "../../src/store/tokens.ts";
import { ROLES, type Role } from "../../src/store/types.ts";
import { makeTestDataDirectory } from "./data-directory.ts";
import { createTestDatabase } from "./database.ts";
import { readRpcError } from "./rpc-error.ts";
import type { Teardown } from "./rpc-service.ts";
import { RpcStream } from "./rpc-stream.ts";
import { serverSettings } from "./server-settings.ts";

/** A token and the row that it has. */
export interface TestToken {
  readonly id: string;
  readonly text: string;
}

/** How a call ended; `error` is what `readRpcError` reads. */
export interface CallEnd {
  readonly error: Error | undefined;
  readonly answer: Buffer | undefined;
  /** Trailers. */
  readonly metadata: Metadata;
}

/** How to start a {@link TokenService}. */
export interface TokenServiceOptions {
  /** Flags beside --development. Default: none. */
  readonly flags?: readonly string[];
  /** Default: true. */
  readonly isDevelopment?: boolean;
  /** Name of the viewer's token. Default: "viewer". */
  readonly viewerName?: string;
  /** End of the viewer's token. Default: it does not end. */
  readonly viewerExpiresAt?: Instant;
}

/** A service, its tokens and a client. */
export interface TokenService {
  readonly service: RunningService;
  readonly clock: Clock & { jump(ms: number): void };
  readonly tokens: Readonly<Record<Role | "expired", TestToken>>;
  /** Every line of the log so far, from debug on. */
  readonly lines: readonly string[];
  client(options?: ClientOptions): Client;
  call(
    path: string,
    authorization: string | undefined,
    request?: Buffer,
    more?: CallOptions,
  ): Promise<CallEnd>;
  stream(path: string, authorization: string | undefined, request?: Buffer): RpcStream<Buffer>;
  revoke(token: TestToken): Promise<void>;
}

/** Parts of a call beside path, identity and request. */
export interface CallOptions {
  readonly client?: Client;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly deadlineMs?: number;
}

const DAY_MS = 86_400_000;

/** Starts it; everything is ended by the test's teardown. */
export async function startTokenService(
  t: Teardown,
  options: TokenServiceOptions = {},
): Promise<TokenService> {
  const database = await createTestDatabase();
  t.teardown(() => database.drop());
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  const pool = await openDatabase(database.url);
  t.teardown(() => pool.destroy());
  const tokens = await insertTokens((row) => insertToken(pool, row), options);
  const env = serverSettings({ databaseUrl: database.url, dataDirectory: data.path });
  const flags = [...((options.isDevelopment ?? true) ? ["--development"] : []), ...(options.flags ?? [])];
  const command = loadConfig(env, flags, { hostName: "test", isTerminal: false, workingDirectory: "/" });
  if (command.kind !== "run") throw new Error("these flags start nothing");
  const lines: string[] = [];
  const output: DestinationStream = { write: (line) => void lines.push(line) };
  let movedMs = 0;
  const { now } = createClock(() => Date.now() + movedMs);
  const clock = {
    now,
    jump(ms: number) {
      movedMs += ms;
    },
  };
  const service = await startService(command.config, { log: pino({ level: "debug" }, output), clock });
  t.teardown(() => service.stop());
  const client = (more: ClientOptions = {}) => {
    const made = new Client(service.address, credentials.createInsecure(), more);
    t.teardown(() => made.close());
    return made;
  };
  const usual = client();
  return {
    service,
    clock,
    tokens,
    lines,
    client,
    call: (path, authorization, request, more = {}) =>
      callUnary(more.client ?? usual, path, authorization, request, more),
    stream(path, authorization, request = Buffer.alloc(0)) {
      const metadata = metadataOf(authorization);
      const call = usual.makeServerStreamRequest(path, pass, pass, request, metadata);
      t.teardown(() => call.cancel());
      return new RpcStream(call);
    },
    revoke: async ({ id }) => void (await revokeToken(pool, { id, revokedAt: clock.now() })),
  };
}

async function insertTokens(
  insert: (row: Parameters<typeof insertToken>[1]) => Promise<void>,
  { viewerName = "viewer", viewerExpiresAt }: TokenServiceOptions,
): Promise<TokenService["tokens"]> {
  const make = async (role: Role, name: string, expiresAt: Instant | undefined): Promise<TestToken> => {
    const text = createToken();
    const id = randomUUID();
    const createdAt = Date.now() - DAY_MS;
    await insert({ id, name, role, sha256: hashToken(text), createdAt, expiresAt });
    return { id, text };
  };
  const [admin, viewer, service] = await Promise.all(
    ROLES.map((role) =>
      role === "viewer" ? make(role, viewerName, viewerExpiresAt) : make(role, role, undefined),
    ),
  );
  const expired = await make("admin", "expired", Date.now() - 1);
  if (admin === undefined || viewer === undefined || service === undefined)
    throw new Error("a role has no token");
  return { admin, viewer, service, expired };
}

function callUnary(
  client: Client,
  path: string,
  authorization: string | undefined,
  request: Buffer = Buffer.alloc(0),
  { metadata: extra = {}, deadlineMs = 20_000 }: CallOptions,
): Promise<CallEnd> {
  const metadata = metadataOf(authorization);
  for (const [key, value] of Object.entries(extra)) metadata.set(key, value);
  return new Promise((resolve) => {
    let answer: Buffer | undefined;
    let failure: ServiceError | null = null;
    const deadline = Date.now() + deadlineMs;
    const call = client.makeUnaryRequest(
      path,
      pass,
      pass,
      request,
      metadata,
      { deadline },
      (error, response) => {
        failure = error;
        answer = response;
      },
    );
    call.on("status", (status: StatusObject) => {
      // The callback runs right after the status, in the same turn.
      setImmediate(() => {
        const error = failure === null ? undefined : readRpcError(failure);
        resolve({ error, answer, metadata: status.metadata });
      });
    });
  });
}

function metadataOf(authorization: string | undefined): Metadata {
  const metadata = new Metadata();
  if (authorization !== undefined) metadata.set("authorization", authorization);
  return metadata;
}

function pass(bytes: Buffer): Buffer {
  return bytes;
}
