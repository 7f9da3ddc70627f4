import { join } from "node:path";
import { ADMIN_TOKEN_FILE } from "../identity/first-admin-token.ts";
import { REQUEST_CODE_FILE } from "./request-code-file.ts";
import type { RunningService } from "./start-service.ts";

/** What a developer at a terminal may want to do next. */
export function welcomeText({ address, dataDirectory }: RunningService): string {
  return `
  The license service serves on ${address}.

    admin token    ${join(dataDirectory, ADMIN_TOKEN_FILE)}
    request code   ${join(dataDirectory, REQUEST_CODE_FILE)}

  Look around, in another terminal:

    bin/licensectl --address ${address} --data-dir ${dataDirectory} info
    grpcurl -plaintext ${address} list

`;
}
