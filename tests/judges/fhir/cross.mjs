// Tests the walker by another judge: breaks each member of HL7's own resources in eight ways, and compares what
// the walker (with fhirpath.js) and medplum notice.

const BREAKS = {
  removed: (owner, key) => (Array.isArray(owner) ? owner.splice(key, 1) : delete owner[key]),
  "in a list": (owner, key) => { owner[key] = [owner[key]]; },
  "a text": (owner, key) => { owner[key] = "x y"; },
  "a number": (owner, key) => { owner[key] = 17; },
  "an object": (owner, key) => { owner[key] = { unknown: "member" }; },
  null: (owner, key) => { owner[key] = null; },
  empty: (owner, key) => { owner[key] = ""; },
  "under another name": (owner, key) => {
    if (Array.isArray(owner)) return;
    owner[`${key}Z`] = owner[key];
    delete owner[key];
  },
};

function* members(value, path = []) {
  for (const key of Object.keys(value)) {
    // The walker leaves narratives to the constraints. A resource without its type cannot be judged.
    if (key === "resourceType" || key === "contained" || (key === "text" && path.length === 0)) continue;
    yield [...path, key];
    if (value[key] !== null && typeof value[key] === "object") yield* members(value[key], [...path, key]);
  }
}

/** The broken copies of a resource: [what is broken and how, the copy]. */
function* copies(resource) {
  for (const path of members(resource)) {
    for (const [how, change] of Object.entries(BREAKS)) {
      const copy = structuredClone(resource), owner = path.slice(0, -1).reduce((at, key) => at[key], copy);
      change(owner, path.at(-1));
      if (JSON.stringify(copy) !== JSON.stringify(resource)) yield [`${path.join(".")} ${how}`, copy];
    }
  }
}

/** One example of each type of resource that our documents have. */
function examples(definitions) {
  const types = /^(AllergyIntolerance|Condition|FamilyMemberHistory|Immunization|MedicationStatement|Observation|Organization|Patient|Procedure)$/;
  const byType = new Map();
  for (const { resource, name } of definitions.examples) {
    const { resourceType: type } = resource;
    if (types.test(type) && !byType.has(type)) byType.set(type, [name, resource]);
  }
  return [...byType.values()];
}

/** How many copies each side notices, and what only medplum notices. */
export function compare(definitions, profilesOf, ours, theirs) {
  const counts = { copies: 0, both: 0, oursOnly: 0, neither: 0 }, missed = [];
  for (const [name, resource] of examples(definitions)) {
    for (const [what, copy] of copies(resource)) {
      const profiles = profilesOf(definitions, resource, false), seen = profiles.some((profile) => ours(copy, profile));
      const others = profiles.flatMap((profile) => theirs(copy, profile));
      counts.copies += 1;
      if (seen && others.length > 0) counts.both += 1;
      else if (seen) counts.oursOnly += 1;
      else if (others.length > 0) missed.push(`${name} ${what}: ${others[0].text}`);
      else counts.neither += 1;
    }
  }
  return { counts, missed };
}
