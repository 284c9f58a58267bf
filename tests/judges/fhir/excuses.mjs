// What the judges get wrong, and what a rule demands that our documents do not claim. Each entry names the judge,
// the rule and the reason. A finding that an entry fits does not count. An entry that fits nothing fails the run.

const EXCUSES = [
  // The specifications.
  { judge: /^walker$/, rule: /^pattern$/, profile: /au-australianbusinessnumber$/, path: /\.type$/,
    reason: "AU Base 6.0.1-ci gives an ABN a type code that examples of AU Core 2.0.0, built with 6.0.0, do not have" },
  { judge: /^fhirpath\.js$/, rule: /^dom-3$/, text: /cannot be evaluated: Expected singleton/,
    reason: "R4's dom-3 calls as() on many items, which FHIRPath does not allow" },
  { judge: /^medplum-path$/, rule: /^dom-3$/,
    reason: "R4's dom-3 calls as() on many items, which this engine takes for false" },
  // npm fhirpath.
  { judge: /^fhirpath\.js$/, rule: /^txt-[12]$/, rewrites: / xml:lang=("[^"]*"|'[^']*')/g,
    reason: "htmlChecks() refuses the attribute xml:lang, which HL7's own documents have. It is taken out before" },
  // npm fhir.
  { judge: /^fhir\.js$/, rule: /^structure$/, path: /Immunization.*occurrence/, text: /^Missing property/,
    reason: "demands the date of a vaccination that has a reason to be absent" },
  // IPS 1.1.0 on documents that claim a later version.
  { judge: /^(walker|medplum)$/, rule: /^(max|structure)$/, profile: /Composition-uv-ips$/, path: /\.section(\[\d+\])?\.emptyReason$/,
    reason: "IPS 1.1.0 has no emptyReason. The documents claim IPS 2.0, which has it" },
  { judge: /^walker$/, rule: /^min$/, profile: /Composition-uv-ips$/, path: /\.section(\[\d+\])?\.entry$/,
    text: /^0 of at least 1$/,
    reason: "IPS 1.1.0 demands an entry in the three required sections. IPS 2.0 takes an emptyReason" },
  { judge: /^(walker|medplum)$/, rule: /^(min|structure)$/, profile: /Condition-uv-ips$/, path: /\.clinicalStatus$/,
    reason: "IPS 1.1.0 demands a status of every problem. Bp does not know all, and IPS 2.0 does not demand it" },
  // @medplum/core.
  { judge: /^medplum$/, rule: /^structure$/, text: /slice '(Systolic|Diastolic|snomedS|snomedD)BP'/,
    reason: "finds neither half of any blood pressure, because it does not look into the nested slice of the coding" },
  { judge: /^medplum$/, rule: /^structure$/, profile: /Composition-uv-ips$/, text: /slice '[a-zA-Z]+': expected 1\.\.\*, but found 0/,
    reason: "demands the entries of one section's slice of every section" },
  { judge: /^medplum$/, rule: /^structure$/, profile: /au-ps-composition$/, text: /slice 'section\w+': expected 1\.\.1, but found 0/,
    reason: "finds no section by the pattern of its code when the discriminator is called value" },
  { judge: /^medplum$/, rule: /^structure$/, text: /^throws: Unsupported slicing discriminator type: profile/,
    reason: "cannot judge a profile that slices by profile" },
  { judge: /^medplum$/, rule: /^structure$/, profile: /au-ps-immunization$/, text: /slice 'amtVaccineCode'/,
    reason: "takes every coding for the slice that only a value set distinguishes" },
  { judge: /^medplum(-path)?$/, rule: /^au-core-(obs-02|medreq-01)$/,
    reason: "takes a date that has only the extension data-absent-reason for a date with a value" },
];

/** Counts how often each entry applies. */
export class Excuses {
  constructor() {
    this.entries = EXCUSES.map((entry) => ({ ...entry, applied: 0 }));
  }

  /** The constraint with a value that the engine can judge. */
  rewritten(judge, constraint) {
    const { key, parent, value } = constraint;
    const entry = this.entries.find(({ rewrites, rule, judge: of }) => rewrites && rule.test(key) && of.test(judge));
    if (!entry || typeof value !== "string" || value.search(entry.rewrites) < 0) return constraint;
    entry.applied += 1;
    const changed = value.replaceAll(entry.rewrites, "");
    return { ...constraint, value: changed, parent: { ...parent, value: { ...parent.value, [constraint.name]: changed } } };
  }

  takes({ judge, rule, profile, path, text }) {
    const entry = this.entries.find((one) =>
      !one.rewrites && one.judge.test(judge) && one.rule.test(rule) && (one.profile?.test(profile) ?? true) &&
      (one.path?.test(path) ?? true) && (one.text?.test(text) ?? true));
    if (entry) entry.applied += 1;
    return entry !== undefined;
  }
}
