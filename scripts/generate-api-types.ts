/** Prints the public API's types into contracts/. */
import { writeFileSync } from "node:fs";
import { describeApi, printApiTypes } from "./api-types.ts";

writeFileSync(
  new URL("../contracts/src/api/operations.generated.ts", import.meta.url),
  printApiTypes(await describeApi()),
);
