// Values of a resource's JSON: where they are, which type they have, and whether they equal a pattern.

const CAPITAL = /^[A-Z]/;

/** The values of a child of an object: [{ value, extra, type, key, index, path, many }]. `extra` is the `_` member. */
export function valuesOf(object, name, types, path) {
  const choice = name.endsWith("[x]") ? name.slice(0, -3) : null;
  const keys = new Set();
  for (const key of Object.keys(object)) {
    const plain = key.startsWith("_") ? key.slice(1) : key;
    if (choice === null ? plain === name : types.isChoice(plain, choice)) keys.add(plain);
  }
  const found = [];
  for (const key of keys) {
    const type = choice === null ? null : types.named(key.slice(choice.length));
    const value = object[key], extra = object[`_${key}`];
    const many = Array.isArray(value) || Array.isArray(extra);
    const list = many ? value ?? [] : [value], extras = many ? extra ?? [] : [extra];
    for (let index = 0; index < Math.max(list.length, extras.length); index += 1) {
      const where = `${path}.${key}${many ? `[${index}]` : ""}`;
      found.push({ value: list[index] ?? undefined, extra: extras[index] ?? undefined, type, key, index, path: where, many });
    }
  }
  return found;
}

/** The names of types, for members like valueQuantity. */
export class Types {
  constructor(definitions) {
    this.byMember = new Map();
    for (const { kind, type, derivation } of definitions.structures.values()) {
      if ((kind === "complex-type" || kind === "primitive-type") && derivation !== "constraint") {
        this.byMember.set(type[0].toUpperCase() + type.slice(1), type);
      }
    }
  }

  isChoice(key, choice) {
    return key.startsWith(choice) && CAPITAL.test(key.slice(choice.length)) && this.byMember.has(key.slice(choice.length));
  }

  named(member) {
    return this.byMember.get(member);
  }
}

/** The fixed or pattern value that an element's definition demands, if any. */
export function demanded(definition) {
  for (const key of Object.keys(definition)) {
    if (key.startsWith("fixed")) return { exact: true, value: definition[key] };
    if (key.startsWith("pattern")) return { exact: false, value: definition[key] };
  }
  return null;
}

export function fits({ exact, value }, found) {
  return exact ? same(value, found) : contains(value, found);
}

function same(one, other) {
  if (one === null || typeof one !== "object") return one === other;
  if (other === null || typeof other !== "object" || Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => same(one[key], other[key]));
}

export function contains(pattern, found) {
  if (pattern === null || typeof pattern !== "object") return pattern === found;
  if (found === null || typeof found !== "object") return false;
  if (Array.isArray(pattern)) {
    return Array.isArray(found) && pattern.every((part) => found.some((one) => contains(part, one)));
  }
  return Object.keys(pattern).every((key) => contains(pattern[key], found[key]));
}

/** The resource that a reference means: contained, or an entry of the Bundle. */
export function resolve(reference, resource, bundle) {
  if (typeof reference !== "string") return null;
  if (reference === "#") return resource;
  if (reference.startsWith("#")) {
    return resource.contained?.find?.((one) => one?.id === reference.slice(1)) ?? null;
  }
  const entries = bundle?.entry ?? [], [wanted] = reference.split("|");
  const exact = entries.find(({ fullUrl }) => fullUrl === wanted);
  if (exact) return exact.resource;
  // A relative reference means the entry whose address ends so. HL7's own documents also mean the resource's id.
  const named = ({ resource: one }) => one !== undefined && `${one.resourceType}/${one.id}` === wanted;
  return (entries.find(({ fullUrl }) => fullUrl?.endsWith(`/${wanted}`)) ?? entries.find(named))?.resource ?? null;
}
