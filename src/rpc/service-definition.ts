/** The generated service definition, with requests read carefully and encoded answers let through. */
import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { ServiceError } from "../errors.ts";
import { passEncoded } from "./encoded-message.ts";

/** A request that could not be read. The guard answers it with its error; no handler sees it. */
export class UnreadableRequest {
  readonly error: ServiceError;

  constructor(error: ServiceError) {
    this.error = error;
  }
}

/** Largest request of an RPC that carries no package, in bytes. Real ones take a few hundred. */
export const REQUEST_MAX_BYTES = 64 * 1024;

/**
 * `definition` as the server registers it.
 *
 * @param largePaths paths of RPCs whose requests only the connection's limit bounds.
 */
export function serverDefinition<Definition extends ServiceDefinition>(
  definition: Definition,
  largePaths: readonly string[],
): Definition {
  const methods = Object.entries(definition).map(([name, method]) => [
    name,
    {
      ...method,
      ...carefully(method, largePaths.includes(method.path) ? Number.POSITIVE_INFINITY : REQUEST_MAX_BYTES),
    },
  ]);
  return Object.fromEntries(methods) as Definition;
}

function carefully(
  method: MethodDefinition<unknown, unknown>,
  maxBytes: number,
): Pick<MethodDefinition<unknown, unknown>, "requestDeserialize" | "responseSerialize"> {
  const { requestDeserialize, responseSerialize } = method;
  // Most requests for what the platform may do are empty, and handlers do not write to requests.
  const empty = Object.freeze(requestDeserialize(Buffer.alloc(0)));
  return {
    requestDeserialize: (bytes) => {
      if (bytes.length === 0) return empty;
      if (bytes.length > maxBytes) return new UnreadableRequest(tooLarge(maxBytes));
      try {
        return requestDeserialize(bytes);
      } catch (error) {
        return new UnreadableRequest(malformed(error));
      }
    },
    responseSerialize: passEncoded(responseSerialize),
  };
}

/** The refusal of a request above `maxBytes`. */
export function tooLarge(maxBytes: number): ServiceError {
  return new ServiceError(
    "REQUEST_TOO_LARGE",
    `The request is larger than the ${maxBytes} bytes that the server takes.`,
    {
      metadata: { max_bytes: String(maxBytes) },
    },
  );
}

function malformed(cause: unknown): ServiceError {
  const message = "The request is not a message of this RPC: its bytes do not parse.";
  return new ServiceError("INVALID_REQUEST", message, { cause });
}
