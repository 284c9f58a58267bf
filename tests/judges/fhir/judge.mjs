// Judges FHIR documents: node judge.mjs PACKAGES DOCUMENTS [--verbose]. Prints the verdicts, and fails on any
// finding that excuses.mjs does not explain.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { compare } from "./cross.mjs";
import { Definitions } from "./definitions.mjs";
import { Excuses } from "./excuses.mjs";
import { FhirJs } from "./fhirjs.mjs";
import { FhirPathJudges } from "./fhirpath.mjs";
import { Medplum } from "./medplum.mjs";
import { MUTANTS, broken, carrier } from "./mutants.mjs";
import { profilesOf } from "./profiles.mjs";
import { Ucum } from "./ucum.mjs";
import { Walker } from "./walker.mjs";

const [packages, folder, ...options] = process.argv.slice(2);
const verbose = options.includes("--verbose");
/** documents.rs writes these. */
const PATIENTS = 85;
const CONTROLS = [
  ["AU PS 1.0.0's documents", (it) => it.file.includes("au.ps") && it.resource.resourceType === "Bundle"],
  ["IPS 1.1.0's documents", (it) => it.file.includes("uv.ips") && it.resource.resourceType === "Bundle"],
  ["AU Core 2.0.0's patients, observations", (it) =>
    it.file.includes("au.core") && /^(Patient|Observation)$/.test(it.resource.resourceType)],
];

const definitions = new Definitions(packages);
const excuses = new Excuses();
const walker = new Walker(definitions, excuses);
const paths = new FhirPathJudges(definitions, excuses);
const medplum = new Medplum(definitions, excuses);
const fhirJs = new FhirJs(excuses);
const ucum = new Ucum();
const judges = [{ name: "walker", version: "our own, tests/judges/fhir/walker.mjs" }, ...paths.engines, medplum, fhirJs, ucum];

/** A rule of ours, beside the constraints of the definitions: what a document refers to is in it. */
const RESOLVES = {
  key: "references",
  expression: "descendants().reference.where($this.startsWith('urn:')).all($this in %resource.entry.fullUrl)",
  severity: "error",
  base: "Bundle",
  path: "Bundle",
};

/** Another: a reader of IPS 1.1.0 finds an entry in the three sections that every summary must have. */
const LISTED = {
  key: "required sections list something",
  expression: "entry.first().resource.section.where(code.coding.where(code = '11450-4' or code = '10160-0' or code = '48765-2')" +
    ".exists()).all(entry.exists() and emptyReason.empty())",
  severity: "error",
  base: "Bundle",
  path: "Bundle",
};

/** Entries of our documents that are in none of the slices of their section in AU PS. */
const strays = new Map();

/** All findings about a document, or about one resource. */
function judge(document, imposed, found = null) {
  const bundle = document.resourceType === "Bundle" ? document : null;
  const entries = (bundle?.entry ?? []).map(({ resource }, index) => [resource, `entry[${index}].${resource?.resourceType}`]);
  const findings = [], constraints = [];
  for (const [resource, path] of [[document, document.resourceType], ...entries]) {
    if (!resource?.resourceType) continue;
    if (imposed) findings.push(...unknownClaims(resource, path));
    for (const profile of profilesOf(definitions, resource, imposed)) {
      const walk = walker.judge(resource, bundle?.type === "document" ? bundle : null, profile, path);
      findings.push(...walk.findings);
      constraints.push(...walk.constraints);
      if (bundle?.type === "document" && resource === bundle) constraints.push({ ...RESOLVES, value: bundle, walk });
      if (imposed && resource === bundle) constraints.push({ ...LISTED, value: bundle, walk });
      found?.push(...walk.strays);
      if (resource !== bundle) findings.push(...medplum.judge(resource, profile, path));
    }
  }
  findings.push(...paths.judge(constraints), ...fhirJs.judge(document, document.resourceType));
  findings.push(...ucum.judge(document, document.resourceType));
  return findings;
}

/** Claims of profiles that do not exist. One of another version may exist, and is not judged. */
function unknownClaims(resource, path) {
  const unknown = (resource.meta?.profile ?? []).filter((claim) => !definitions.structures.has(claim.split("|")[0]));
  return unknown.map((claim) => ({ judge: "walker", rule: "claim", path, text: `claims ${claim}, which is unknown`, profile: "R4" }));
}

const pad = (text, width) => String(text).padEnd(width);
const head = (text) => console.log(`\n${pad(text, 44)}${judges.map(({ name }) => pad(name, 14)).join("")}`);
const short = (url) => url.split("/").pop();
let wrong = 0;

function counted(findings) {
  return judges.map(({ name }) => pad(findings.filter((one) => one.judge === name).length, 14)).join("");
}

function table(groups) {
  head("errors found in");
  for (const [name, documents, imposed] of groups) {
    const all = [];
    for (const [label, document] of documents) {
      const found = [], findings = judge(document, imposed, found);
      if (imposed) for (const stray of found.filter((one) => one.startsWith("au-ps"))) strays.set(stray, (strays.get(stray) ?? 0) + 1);
      if (verbose) console.log(`  ${pad(label, 42)}${counted(findings)}`);
      all.push(...findings.map((finding) => ({ ...finding, label })));
    }
    console.log(pad(`${documents.length} ${name}`, 44) + counted(all));
    wrong += all.length;
    explain(all);
  }
}

/** The findings, those that differ only in the place in one line. */
function explain(findings) {
  const lines = new Map();
  for (const { judge: by, rule, profile, path, text, label } of findings) {
    const line = `${by} ${rule} of ${short(profile)}: ${path.replace(/\[\d+\]/g, "")} ${text}`;
    lines.set(line, [...(lines.get(line) ?? []), label]);
  }
  for (const [line, labels] of [...lines].slice(0, verbose ? Infinity : 40)) {
    console.log(`    ${labels.length} times, first in ${labels[0]}: ${line.slice(0, 300)}`);
  }
}

console.log(`FHIR documents, judged by the definitions of ${definitions.packages.join(", ")}\n`);
for (const { name, version } of judges) console.log(`  ${pad(name, 14)}${version}`);

const ours = readdirSync(folder).filter((name) => name.endsWith(".json")).sort()
  .map((name) => [name.slice(0, -5), JSON.parse(readFileSync(join(folder, name), "utf8"))]);
const patients = ours.filter(([name]) => name.startsWith("patient")), records = ours.filter(([name]) => !name.startsWith("patient"));
if (patients.length !== PATIENTS) throw new Error(`${patients.length} patients have a document, not ${PATIENTS}`);
table([
  ["patients of the simulator", patients, true],
  ["made-up records", records, true],
  ...CONTROLS.map(([name, is]) => [name, definitions.examples.filter(is).map((it) => [it.name, it.resource]), false]),
]);

console.log("\nWhat the judges get wrong (excuses.mjs):");
for (const { judges: by, rules, profile, applied, reason } of excuses.entries) {
  console.log(`  ${pad(applied, 7)}${by.join(", ")}: ${rules.join(", ")}${profile ? ` of ${profile}` : ""}: ${reason}`);
  if (applied === 0) {
    console.log("         NEVER APPLIED: take the entry out");
    wrong += 1;
  }
}
const list = (title, counts) => {
  if (counts.size > 0) console.log(`\n${title}\n${[...counts].map(([rule, count]) => `  ${pad(count, 7)}${rule}`).join("\n")}`);
};
list("Entries in none of the slices of their section in AU PS (slices are open):", strays);
list("Not judged, because the codes are not in the packages:", new Map([...walker.unjudged, ...paths.unjudged]));
list("Not judged, because the definition is not in the packages:", definitions.missing);
list("Advice (constraints of severity warning that are not true):", paths.warnings);
console.log(`\n${paths.evaluations} evaluations of constraints`);

const [name, good] = carrier(patients);
head(`faults put into ${name} on purpose`);
const before = new Set(judge(good, true).map((one) => JSON.stringify(one)));
for (const mutant of MUTANTS) {
  const found = judge(broken(good, mutant), true).filter((one) => !before.has(JSON.stringify(one)));
  const noticed = judges.map(({ name }) => found.some((one) => one.judge === name));
  console.log(`${pad(mutant[0], 44)}${noticed.map((is) => pad(is ? "noticed" : "-", 14)).join("")}`);
  if (verbose) for (const one of found) console.log(`    ${one.judge} ${one.rule} of ${short(one.profile)}: ${one.path} ${one.text.slice(0, 120)}`);
  if (!noticed.includes(true)) {
    console.log("    NOT NOTICED");
    wrong += 1;
  }
}

const { counts, missed } = compare(definitions, profilesOf,
  (resource, profile) => {
    const walk = walker.judge(resource, null, profile, resource.resourceType);
    return walk.findings.length > 0 || paths.judge(walk.constraints).some((one) => one.judge === "fhirpath.js");
  },
  (resource, profile) => medplum.judge(resource, profile, resource.resourceType));
console.log(`\n${counts.copies} broken copies of HL7's own resources: ${counts.both} noticed by the walker or fhirpath.js and by ` +
  `medplum, ${counts.oursOnly} not by medplum, ${missed.length} by medplum alone, ${counts.neither} by nobody (most of these are valid)`);
for (const one of missed) console.log(`    NOT NOTICED: ${one}`);
wrong += missed.length;

console.log(wrong === 0 ? "\nThe documents are right." : `\n${wrong} errors.`);
process.exitCode = wrong === 0 ? 0 : 1;
