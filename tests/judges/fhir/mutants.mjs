// Faults, each put into a copy of a good document. The judges must notice every one. The first sixteen are faults
// of any document; the others show that the parts of the walker work.

const section = (document, code) =>
  document.entry[0].resource.section.find((one) => one.code.coding.some((coding) => coding.code === code));
const resource = (document, type, fits = () => true) =>
  document.entry.map((entry) => entry.resource).find((one) => one.resourceType === type && fits(one));
const measured = (document) => resource(document, "Observation", (one) => one.valueQuantity?.code === "kg");

export const MUTANTS = [
  ["wrong type code", (document) => {
    document.entry[0].resource.type.coding[0].code = "34133-9";
  }],
  ["no allergies section", (document) => {
    const composition = document.entry[0].resource;
    composition.section = composition.section.filter((one) => one !== section(document, "48765-2"));
  }],
  ["no birthDate", (document) => {
    delete resource(document, "Patient").birthDate;
  }],
  ["two values", (document) => {
    measured(document).valueString = "82 kg";
  }],
  ["BP without diastolic", (document) => {
    resource(document, "Observation", (one) => one.component?.length === 2 && one.code.coding.some(({ code }) => code === "85354-9"))
      .component.pop();
  }],
  ["unit not UCUM", (document) => {
    measured(document).valueQuantity.code = "kilogram";
  }],
  ["dangling reference", (document) => {
    section(document, "10160-0").entry[0].reference = "urn:uuid:00000000-0000-4000-8000-000000000000";
  }],
  ["ait-1", (document) => {
    delete resource(document, "AllergyIntolerance").clinicalStatus;
  }],
  ["cmp-2", (document) => {
    const system = "http://terminology.hl7.org/CodeSystem/list-empty-reason";
    section(document, "10160-0").emptyReason = { coding: [{ system, code: "nilknown" }] };
  }],
  ["unknown member", (document) => {
    resource(document, "Patient").nickname = "Peg";
  }],
  ["gender F", (document) => {
    resource(document, "Patient").gender = "F";
  }],
  ["obs-6", (document) => {
    const system = "http://terminology.hl7.org/CodeSystem/data-absent-reason";
    measured(document).dataAbsentReason = { coding: [{ system, code: "unknown" }] };
  }],
  ["section without text", (document) => {
    delete section(document, "10160-0").text;
  }],
  ["no timestamp", (document) => {
    delete document.timestamp;
  }],
  ["script in the narrative", (document) => {
    const { text } = section(document, "10160-0");
    text.div = text.div.replace("</div>", "<script>alert(1)</script></div>");
  }],
  ["medication without effective[x]", (document) => {
    const medication = resource(document, "MedicationStatement");
    for (const key of Object.keys(medication)) if (/^_?effective/.test(key)) delete medication[key];
  }],
  ["entry of a section is of another type", (document) => {
    section(document, "48765-2").entry.push(section(document, "10160-0").entry[0]);
  }],
  ["subject is the practice", (document) => {
    const practice = document.entry.find((entry) => entry.resource.resourceType === "Organization").fullUrl;
    resource(document, "AllergyIntolerance").patient.reference = practice;
  }],
  ["resource of a section without its profile", (document) => {
    delete resource(document, "AllergyIntolerance").code;
  }],
  ["IHI with a wrong check digit", (document) => {
    const ihi = resource(document, "Patient").identifier.find(({ value }) => value.startsWith("800360"));
    ihi.value = ihi.value.slice(0, 15) + ((Number(ihi.value[15]) + 1) % 10);
  }],
  ["IHI of another system", (document) => {
    resource(document, "Patient").identifier.find(({ value }) => value.startsWith("800360")).system = "urn:oid:1.2.3";
  }],
  ["no such day", (document) => {
    resource(document, "Patient").birthDate = "1957-02-30";
  }],
  ["a time without a zone", (document) => {
    measured(document).effectiveDateTime = "2026-01-23T09:15:30";
  }],
  ["one value where a list belongs", (document) => {
    resource(document, "Patient").name = resource(document, "Patient").name[0];
  }],
  ["a number as text", (document) => {
    measured(document).valueQuantity.value = String(measured(document).valueQuantity.value);
  }],
  ["a vital sign in another unit", (document) => {
    measured(document).valueQuantity.code = "t";
  }],
  ["a status of another value set", (document) => {
    resource(document, "AllergyIntolerance").clinicalStatus.coding[0].code = "remission";
  }],
  ["an unknown member of a datatype", (document) => {
    resource(document, "Patient").name[0].nickname = "Peg";
  }],
  ["an extension with two values", (document) => {
    resource(document, "Patient").extension = [{ url: "urn:x", valueString: "a", valueInteger: 1 }];
  }],
  ["an extension with a wrong type", (document) => {
    const url = "http://hl7.org/fhir/StructureDefinition/patient-birthTime";
    resource(document, "Patient")._birthDate = { extension: [{ url, valueString: "noon" }] };
  }],
  ["a claim of no known profile", (document) => {
    resource(document, "Patient").meta = { profile: ["http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-person"] };
  }],
  ["an absent date without its reason", (document) => {
    const fits = (one) => one._effectiveDateTime?.extension && one.meta?.profile?.some((claim) => claim.includes("smokingstatus"));
    resource(document, "Observation", fits)._effectiveDateTime = { extension: [{ url: "http://example.org/unknown-extension", valueCode: "unknown" }] };
  }],
  ["a required section with only a reason", (document) => {
    const system = "http://terminology.hl7.org/CodeSystem/list-empty-reason";
    const medications = section(document, "10160-0");
    delete medications.entry;
    medications.emptyReason = { coding: [{ system, code: "unavailable" }] };
  }],
  ["two compositions", (document) => {
    document.entry.push({ ...document.entry[0], fullUrl: "urn:uuid:00000000-0000-4000-8000-000000000001" });
  }],
  ["two entries of one address", (document) => {
    document.entry.at(-1).fullUrl = document.entry[1].fullUrl;
  }],
];

/** The smallest document that every fault can be put into. */
export function carrier(documents) {
  const bySize = documents.toSorted(([, one], [, other]) => one.entry.length - other.entry.length);
  const takesAll = ([, document]) => MUTANTS.every((mutant) => {
    try {
      return broken(document, mutant);
    } catch {
      return false;
    }
  });
  const found = bySize.find(takesAll);
  if (!found) throw new Error("no document has room for every fault");
  return found;
}

/** A copy of the document with the fault. Fails if the fault changes nothing. */
export function broken(document, [name, change]) {
  const copy = structuredClone(document);
  change(copy);
  if (JSON.stringify(copy) === JSON.stringify(document)) throw new Error(`the fault "${name}" changes nothing`);
  return copy;
}
