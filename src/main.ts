/** Entry of the server. What it runs is imported once the compile cache is there. */
import "./compile-cache.ts";

const { runServer } = await import("./server-process.ts");
await runServer();
