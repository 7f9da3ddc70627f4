/** Threats 1 and 2: one test for each RPC of the contract and each kind of caller, over the wire. */
import { status } from "@grpc/grpc-js";
import { TokenRole } from "@license-service/contract";
import test from "ava";
import { createToken } from "../../../src/identity/token.ts";
import type { Role } from "../../../src/store/types.ts";
import { ROLES } from "../../../src/store/types.ts";
import { CONTRACT_RPCS, type ContractRpc } from "../../helpers/contract.ts";
import { RpcError } from "../../helpers/rpc-error.ts";
import { createTokenCall } from "../../helpers/token-calls.ts";
import { startTokenService, type TokenService } from "../../helpers/token-service.ts";
import { createTeardown } from "../cli/_licensectl.ts";

const teardown = createTeardown();
let rpc: TokenService;
let revoked: string;

test.before(async () => {
  rpc = await startTokenService(teardown);
  const call = createTokenCall(teardown, rpc.service.address, rpc.tokens.admin.text);
  const { secret, token } = await call("createToken", { name: "gone", role: TokenRole.ADMIN });
  await call("revokeToken", { id: token?.id ?? "" });
  revoked = secret;
});
test.after.always(() => teardown.run());

/** How a call ended, for example "UNAUTHENTICATED TOKEN_MISSING"; a stream that opens is "OK". */
type Outcome = string;

/** Who calls, and what turns him away from every RPC; the roles are decided by the contract. */
const STRANGERS: ReadonlyArray<readonly [caller: string, authorization: () => string | undefined, Outcome]> =
  [
    ["no token", () => undefined, "UNAUTHENTICATED TOKEN_MISSING"],
    ["an unknown token", () => `Bearer ${createToken()}`, "UNAUTHENTICATED TOKEN_UNKNOWN"],
    ["an expired token", () => `Bearer ${rpc.tokens.expired.text}`, "UNAUTHENTICATED TOKEN_EXPIRED"],
    ["a revoked token", () => `Bearer ${revoked}`, "UNAUTHENTICATED TOKEN_UNKNOWN"],
  ];

/** What a handler answers to an empty request may be a refusal, but never one of these. */
const NOT_FROM_A_HANDLER = /^(UNAUTHENTICATED|PERMISSION_DENIED|UNIMPLEMENTED|INTERNAL|UNKNOWN|CANCELLED)\b/;

async function outcomeOf(method: ContractRpc, authorization: string | undefined): Promise<Outcome> {
  if (!method.isStream) return outcomeText((await rpc.call(method.path, authorization)).error);
  const stream = rpc.stream(method.path, authorization);
  const outcome = await Promise.race([stream.next().then(() => "OK"), stream.ended().then(outcomeText)]);
  stream.cancel();
  return outcome;
}

function outcomeText(error: Error | undefined): Outcome {
  if (error === undefined) return "OK";
  if (!(error instanceof RpcError)) throw error;
  return `${status[error.code]} ${error.reason}`;
}

for (const method of CONTRACT_RPCS) {
  for (const [caller, authorization, expected] of STRANGERS) {
    test(`${method.path} by ${caller} is ${expected}`, async (t) => {
      t.is(await outcomeOf(method, authorization()), expected);
    });
  }
  for (const role of ROLES) cellOf(method, role);
}

function cellOf(method: ContractRpc, role: Role): void {
  if (method.roles.includes(role)) {
    test(`${method.path} by a token of role ${role} reaches its handler`, async (t) => {
      t.notRegex(await outcomeOf(method, `Bearer ${rpc.tokens[role].text}`), NOT_FROM_A_HANDLER);
    });
  } else {
    test(`${method.path} by a token of role ${role} is PERMISSION_DENIED ROLE_NOT_ALLOWED`, async (t) => {
      const outcome = await outcomeOf(method, `Bearer ${rpc.tokens[role].text}`);
      t.is(outcome, "PERMISSION_DENIED ROLE_NOT_ALLOWED");
    });
  }
}
