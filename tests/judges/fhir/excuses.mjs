// What the judges get wrong, and what a rule demands that our documents do not claim. Each entry names judges,
// rules and the reason. A finding that an entry fits does not count. An entry that fits nothing fails the run.
//
// `profile` is the last part of the profile's address. `path` and `text` are expressions for the place and the
// words of a finding. Each entry needs both: otherwise it would excuse findings that nobody has looked at. An entry with `rewrites` takes that part out of a value before the judge sees it.

const EXCUSES = [
  // The specifications.
  { judges: ["walker"], rules: ["pattern"], profile: "au-australianbusinessnumber", path: /\.identifier\[\d+\]\.type$/,
    text: /^is not \{"coding":\[\{"system":"[^"]*\/v2-0203","code":"ABN"\}\]\}$/,
    reason: "AU Base 6.0.1-ci gives an ABN a type code that examples of AU Core 2.0.0, built with 6.0.0, do not have" },
  { judges: ["fhirpath.js"], rules: ["dom-3"], path: /\.MedicationStatement$/, text: /cannot be evaluated: Expected singleton/,
    reason: "R4's dom-3 calls as() on many items, which FHIRPath does not allow" },
  { judges: ["medplum-path"], rules: ["dom-3"], path: /\.MedicationStatement$/, text: /^is not true: contained\./,
    reason: "R4's dom-3 needs descendants(), which finds nothing in this engine" },
  // IPS 1.1.0, on documents that claim a later version.
  { judges: ["walker", "medplum"], rules: ["max", "structure"], profile: "Composition-uv-ips",
    path: /(^|\.)Composition\.section(\[\d+\])?\.emptyReason$/, text: /^(1 of at most 0|Invalid number of values: expected 0\.\.0, but found 1)$/,
    reason: "IPS 1.1.0 has no emptyReason. Our optional sections have it, as IPS 2.0 allows" },
  { judges: ["walker"], rules: ["min"], profile: "Composition-uv-ips", path: /(^|\.)Composition\.section(\[\d+\])?\.entry$/,
    text: /^0 of at least 1$/,
    reason: "IPS 1.1.0 demands an entry in a section. Our optional sections may have an emptyReason, as IPS 2.0 allows" },
  { judges: ["walker", "medplum"], rules: ["min", "structure"], profile: "Condition-uv-ips", path: /(^|\.)Condition\.clinicalStatus$/,
    text: /^(0 of at least 1|Missing required property)$/,
    reason: "IPS 1.1.0 demands a status of every problem. Bp does not know all, and IPS 2.0 does not demand it" },
  // npm fhirpath.
  { judges: ["fhirpath.js"], rules: ["txt-1", "txt-2"], rewrites: / xml:lang=("[^"]*"|'[^']*')/g,
    reason: "htmlChecks() refuses the attribute xml:lang, which HL7's own documents have" },
  // npm fhir.
  { judges: ["fhir.js"], rules: ["structure"], path: /(^|\.)Immunization\.occurrence$/, text: /^Missing property$/,
    reason: "demands the date of a vaccination that has a reason to be absent" },
  // npm @medplum/core.
  { judges: ["medplum"], rules: ["structure"], path: /(^|\.)Observation\.component$/,
    text: /slice '(Systolic|Diastolic|snomedS|snomedD)BP': expected 1\.\.1, but found 0$/,
    reason: "finds no half of any blood pressure, because it does not read the nested slice of the coding" },
  { judges: ["medplum"], rules: ["structure"], profile: "Composition-uv-ips", path: /(^|\.)Composition\.section$/,
    text: /slice '(allergyOrIntolerance|deviceStatement|immunization|pastProblem|problem|procedure)': expected 1\.\.\*, but found 0$/,
    reason: "demands the entries of one section's slice of every section" },
  { judges: ["medplum"], rules: ["structure"], profile: "au-ps-composition", path: /(^|\.)Composition\.section$/,
    text: /slice 'section(Allergies|Medications|Problems)': expected 1\.\.1, but found 0$/,
    reason: "finds no section by the pattern of its code when the discriminator's type is value" },
  { judges: ["medplum"], rules: ["structure"], profile: "au-ps-medicationrequest", path: /(^|\.)MedicationRequest$/,
    text: /^throws: Unsupported slicing discriminator type: profile$/,
    reason: "cannot judge a profile that slices by profile" },
  { judges: ["medplum"], rules: ["structure"], profile: "au-ps-immunization", path: /(^|\.)Immunization\.vaccineCode\.coding$/,
    text: /slice 'amtVaccineCode': expected 0\.\.1, but found 2$/,
    reason: "counts every coding in a slice that only a value set distinguishes" },
  { judges: ["medplum"], rules: ["au-core-obs-02"], profile: "au-ps-smokingstatus", path: /(^|\.)Observation\.effective\[x\]$/,
    text: /^Constraint au-core-obs-02 not met: Date shall/,
    reason: "treats a date that has only the extension data-absent-reason as a date with a value" },
  { judges: ["medplum-path"], rules: ["au-core-obs-02"], profile: "au-ps-smokingstatus", path: /\.effectiveDateTime$/,
    text: /^is not true: /,
    reason: "treats a date that has only the extension data-absent-reason as a date with a value" },
  { judges: ["medplum-path"], rules: ["au-core-medreq-01"], profile: "au-ps-medicationrequest", path: /\.authoredOn$/,
    text: /^is not true: /,
    reason: "treats a date that has only the extension data-absent-reason as a date with a value" },
];

/** Counts how often each entry applies. */
export class Excuses {
  constructor() {
    this.entries = EXCUSES.map((entry) => ({ ...entry, applied: 0 }));
    const wide = EXCUSES.find(({ path, text, rewrites }) => !rewrites && !(path && text));
    if (wide) throw new Error(`this excuse has no path or no text: ${wide.reason}`);
  }

  /** The constraint with a value that the engine can judge. */
  rewritten(judge, constraint) {
    const { key, parent, value } = constraint;
    const entry = this.entries.find(({ rewrites, rules, judges }) => rewrites && rules.includes(key) && judges.includes(judge));
    if (!entry || typeof value !== "string" || value.search(entry.rewrites) < 0) return constraint;
    entry.applied += 1;
    const changed = value.replaceAll(entry.rewrites, "");
    return { ...constraint, value: changed, parent: { ...parent, value: { ...parent.value, [constraint.name]: changed } } };
  }

  takes({ judge, rule, profile, path, text }) {
    const entry = this.entries.find((one) =>
      !one.rewrites && one.judges.includes(judge) && one.rules.includes(rule) &&
      (!one.profile || profile.endsWith(`/${one.profile}`)) && one.path.test(path) && one.text.test(text));
    if (entry) entry.applied += 1;
    return entry !== undefined;
  }
}
