// A second structural judge: validateResource of @medplum/core, with base R4 and the profiles.
import { indexStructureDefinitionBundle, validateResource } from "@medplum/core";
import { version } from "./fhirpath.mjs";

const BASE = "http://hl7.org/fhir/StructureDefinition/";

export class Medplum {
  name = "medplum";
  version = `npm @medplum/core ${version("@medplum/core")}`;

  constructor(definitions, excuses) {
    this.excuses = excuses;
    const structures = [...definitions.structures.values()];
    indexStructureDefinitionBundle(structures.filter(({ derivation, kind }) => derivation !== "constraint" && kind !== "logical"));
  }

  judge(resource, profile, path) {
    const findings = [];
    for (const { severity, details, expression } of this.#issues(resource, profile)) {
      const text = details?.text ?? "no reason given", where = (expression?.[0] ?? "").replace(/^\w+/, "");
      // Two values of one choice are only a warning here.
      if (severity !== "error" && !text.startsWith("Conflicting choice")) continue;
      const rule = /^Constraint ([\w-]+)/.exec(text)?.[1] ?? "structure";
      const finding = { judge: this.name, rule, path: `${path}${where}`, text, profile: profile.url };
      if (!this.excuses.takes(finding)) findings.push(finding);
    }
    return findings;
  }

  #issues(resource, profile) {
    try {
      return validateResource(resource, profile.url.startsWith(BASE) && profile.derivation !== "constraint" ? {} : { profile });
    } catch (error) {
      return error.outcome?.issue ?? [{ severity: "error", details: { text: `throws: ${error.message}` } }];
    }
  }
}
