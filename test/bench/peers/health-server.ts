/** The peer of a start: a grpc-js server that answers SERVING and does nothing else. `health-server.ts PORT`. */
import { Server, ServerCredentials } from "@grpc/grpc-js";
import {
  HealthService,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "@license-service/contract/health";

const server = new Server();
server.addService(
  { check: HealthService.check },
  {
    check(_call: unknown, callback: (error: null, answer: object) => void) {
      callback(null, { status: ServingStatus.SERVING });
    },
  },
);
server.bindAsync(`127.0.0.1:${process.argv[2]}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
});
