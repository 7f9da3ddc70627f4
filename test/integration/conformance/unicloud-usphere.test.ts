import { testProduct } from "./_serve.ts";

testProduct("unicloud-usphere");
