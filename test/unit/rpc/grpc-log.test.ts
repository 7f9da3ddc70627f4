import test from "ava";
import { createToken } from "../../../src/identity/token.ts";
import { withoutTokens } from "../../../src/rpc/grpc-log.ts";

test("threat 32: tokens in the traces of grpc-js are left out, and the rest is not", (t) => {
  const token = createToken();
  t.is(
    withoutTokens(`received headers {"authorization":["Bearer ${token}"],"x-request-id":["a"]}`),
    'received headers {"authorization":[...],"x-request-id":["a"]}',
  );
  const several = JSON.stringify({ authorization: ['Basic a"]b', "Bearer eyJ.x.y"], te: ["trailers"] });
  t.is(withoutTokens(several), '{"authorization":[...],"te":["trailers"]}');
  t.is(withoutTokens(`a token: ${token}.`), "a token: ....");
  t.is(withoutTokens("Server constructed"), "Server constructed");
});
