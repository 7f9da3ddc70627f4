if (process.env.TEST_DATABASE_URL === undefined) {
  console.error("AVA alone has no database to test with: run `npm test` or `npm test -- <file>` instead.");
  process.exit(1);
}

export default {
  extensions: ["ts"],
  files: ["test/**/*.test.ts"],
  // Without any progress of any test for this long, a run has hung.
  timeout: "2m",
  // Processes, not threads: tests send signals, change the umask and start programs of their own.
  workerThreads: false,
};
