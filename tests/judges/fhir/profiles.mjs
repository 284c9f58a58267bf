// Which profiles a resource is judged by.

const R4 = "http://hl7.org/fhir/StructureDefinition/";
const PS = "http://hl7.org.au/fhir/ps/StructureDefinition/au-ps-";
const IPS = "http://hl7.org/fhir/uv/ips/StructureDefinition/";
const LOINC = "http://loinc.org";
const SMOKING = "72166-2";

/** Our documents are patient summaries of AU PS, so each resource must fit AU PS, whatever it claims. */
const AU_PS = {
  AllergyIntolerance: "allergyintolerance",
  Bundle: "bundle",
  Composition: "composition",
  Condition: "condition",
  Encounter: "encounter",
  Immunization: "immunization",
  Medication: "medication",
  MedicationRequest: "medicationrequest",
  MedicationStatement: "medicationstatement",
  Organization: "organization",
  Patient: "patient",
  Practitioner: "practitioner",
  PractitionerRole: "practitionerrole",
  Procedure: "procedure",
  RelatedPerson: "relatedperson",
};

const IPS_1 = {
  AllergyIntolerance: "AllergyIntolerance-uv-ips",
  Bundle: "Bundle-uv-ips",
  Composition: "Composition-uv-ips",
  Condition: "Condition-uv-ips",
  Immunization: "Immunization-uv-ips",
  MedicationStatement: "MedicationStatement-uv-ips",
  Organization: "Organization-uv-ips",
  Patient: "Patient-uv-ips",
  Practitioner: "Practitioner-uv-ips",
  PractitionerRole: "PractitionerRole-uv-ips",
  Procedure: "Procedure-uv-ips",
};

/** R4 says that an Observation with such a code SHALL conform to the profile of this vital sign. */
const VITAL_SIGNS = {
  "85353-1": "vitalspanel",
  "9279-1": "resprate",
  "8867-4": "heartrate",
  "2708-6": "oxygensat",
  "8310-5": "bodytemp",
  "8302-2": "bodyheight",
  "9843-4": "headcircum",
  "29463-7": "bodyweight",
  "39156-5": "bmi",
  "85354-9": "bp",
};

/** Base R4, what the resource claims, and what it must fit whether it claims it or not. */
export function profilesOf(definitions, resource, imposed) {
  const { resourceType: type } = resource;
  const codes = type === "Observation" ? (resource.code?.coding ?? []).filter(({ system }) => system === LOINC).map(({ code }) => code) : [];
  const urls = new Set([R4 + type, ...(resource.meta?.profile ?? [])]);
  for (const code of codes) if (VITAL_SIGNS[code]) urls.add(R4 + VITAL_SIGNS[code]);
  if (imposed) {
    if (AU_PS[type]) urls.add(PS + AU_PS[type]);
    if (IPS_1[type]) urls.add(IPS + IPS_1[type]);
    if (codes.includes(SMOKING)) urls.add(`${PS}smokingstatus`);
  }
  const found = [...urls].map((url) => definitions.structure(url)).filter((one) => one !== null);
  return [...new Set(found)];
}
