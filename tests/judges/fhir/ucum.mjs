// Judges unit codes: the codes of quantities in the system of UCUM, by npm @lhncbc/ucum-lhc.
import { createRequire } from "node:module";
import { version } from "./fhirpath.mjs";

const { UcumLhcUtils } = createRequire(import.meta.url)("@lhncbc/ucum-lhc");

export class Ucum {
  name = "ucum";
  version = `npm @lhncbc/ucum-lhc ${version("@lhncbc/ucum-lhc")}`;
  #known = new Map();

  judge(value, path) {
    if (value === null || typeof value !== "object") return [];
    const findings = Object.entries(value).flatMap(([key, inner]) => this.judge(inner, `${path}.${key}`));
    if (value.system === "http://unitsofmeasure.org" && value.code !== undefined && !this.#isUnit(value.code)) {
      findings.push({ judge: this.name, rule: "unit", path, text: `${value.code} is not a code of UCUM`, profile: "UCUM" });
    }
    return findings;
  }

  #isUnit(code) {
    if (!this.#known.has(code)) {
      const { status, ucumCode } = UcumLhcUtils.getInstance().validateUnitString(code);
      this.#known.set(code, status === "valid" && ucumCode === code);
    }
    return this.#known.get(code);
  }
}
