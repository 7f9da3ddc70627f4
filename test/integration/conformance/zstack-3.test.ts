import { testProduct } from "./_serve.ts";

testProduct("zstack-3");
