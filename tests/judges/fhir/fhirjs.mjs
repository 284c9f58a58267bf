// A third structural judge, of base R4 only: npm fhir.
import { createRequire } from "node:module";
import { version } from "./fhirpath.mjs";

const { Fhir } = createRequire(import.meta.url)("fhir");

export class FhirJs {
  name = "fhir.js";
  version = `npm fhir ${version("fhir")}`;
  #fhir = new Fhir();

  constructor(excuses) {
    this.excuses = excuses;
  }

  judge(document, path) {
    const findings = [];
    for (const { severity, message, location } of this.#fhir.validate(document, { errorOnUnexpected: true }).messages) {
      if (severity !== "error" && severity !== "fatal") continue;
      const finding = { judge: this.name, rule: "structure", path: location ?? path, text: message, profile: "R4" };
      if (!this.excuses.takes(finding)) findings.push(finding);
    }
    return findings;
  }
}
