import { type ChannelCredentials, type ChannelOptions, credentials, Metadata } from "@grpc/grpc-js";
import {
  HealthClient,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "@license-service/contract/health";
import { addressText } from "../../address-text.ts";
import type { Config } from "../../config.ts";
import { listenFailure } from "../../listen-failure.ts";
import type { ListenAddress } from "../../settings.ts";
import { type Finding, fail, failureOf, ok, warn } from "./check.ts";
import { findHolder, localAddress } from "./listen.ts";
import { isCertificateOf, readPeerCertificate } from "./peer-certificate.ts";

const SERVICE = "license.v1.LicenseService";
const ANSWER_WITHIN_MS = 3_000;

/** The settings that say where a server is met, and how. */
type Serving = Pick<Config, "listen" | "tlsCertificate" | "tlsClientCa">;

/** Whether a license service serves at the address, or could. */
export async function checkGrpcPort(config: Serving): Promise<Finding> {
  const target = addressText(config.listen);
  if (config.listen.port === 0) return ok("port 0: the server takes any free port");
  const holder = await findHolder(config.listen);
  if (holder === "nobody") return ok(`${target} is free: no server runs`);
  if (holder !== "a program") return failureOf(listenFailure(holder.error, target, "LICENSE_LISTEN"));
  const { tlsCertificate, tlsClientCa, listen } = config;
  if (tlsCertificate !== undefined && tlsClientCa !== undefined) {
    return judgeCertificate(target, localAddress(listen), tlsCertificate);
  }
  const answer = await askHealth(addressText(localAddress(listen)), tlsCertificate !== undefined);
  if (answer === ServingStatus.SERVING) return ok(`a license service serves at ${target}`);
  if (answer === undefined) return anotherProgram(target);
  return warn(
    `A license service at ${target} says that it is not serving.`,
    "It starts or stops: look again, and look at its log.",
  );
}

function anotherProgram(target: string): Finding {
  return fail(
    `Another program listens at ${target}, or a server with other TLS settings.`,
    "Stop it, or set LICENSE_LISTEN to another port.",
  );
}

/** A server that lets in client certificates alone is known by its own. */
async function judgeCertificate(target: string, address: ListenAddress, file: string): Promise<Finding> {
  const certificate = await readPeerCertificate(address);
  if (certificate === undefined) return anotherProgram(target);
  if (await isCertificateOf(file, certificate)) {
    return ok(
      `a server with our certificate serves at ${target}; its health is for client certificates only`,
    );
  }
  return warn(
    `What listens at ${target} has another certificate than LICENSE_TLS_CERT names.`,
    "A server takes a new certificate within seconds: look again. If that is not it, another program listens there.",
  );
}

/** `undefined`: what answers is no license service, or does not answer in time. */
function askHealth(address: string, isTls: boolean): Promise<ServingStatus | undefined> {
  const client = new HealthClient(address, isTls ? TRUSTING : credentials.createInsecure(), CHANNEL_OPTIONS);
  return new Promise((resolve) => {
    const deadline = Date.now() + ANSWER_WITHIN_MS;
    client.check({ service: SERVICE }, new Metadata(), { deadline }, (error, response) => {
      client.close();
      resolve(error === null ? response.status : undefined);
    });
  });
}

/** Health is no secret, and this is this machine: whose certificate it is does not matter. */
const TRUSTING: ChannelCredentials = credentials.createSsl(null, null, null, {
  rejectUnauthorized: false,
  checkServerIdentity: () => undefined,
});

const CHANNEL_OPTIONS: ChannelOptions = {
  "grpc.enable_http_proxy": 0,
  "grpc.enable_retries": 0,
  // An address is no name that TLS could ask for.
  "grpc.ssl_target_name_override": "localhost",
};
