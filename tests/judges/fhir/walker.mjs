// The structural judge. Walks through a resource along a profile's snapshot: cardinality, types, fixed values and
// patterns, required bindings, slices, targets of references, unknown members. Collects the FHIRPath
// constraints on its way, for the engines in fhirpath.mjs.
import { SliceFinder } from "./slices.mjs";
import { Types, demanded, fits, resolve, valuesOf } from "./values.mjs";

const REGEX = "http://hl7.org/fhir/StructureDefinition/regex";
const FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type";
const SYSTEM = "http://hl7.org/fhirpath/System.";
const BASE = "http://hl7.org/fhir/StructureDefinition/";
const ANY = new Set(["Resource", "DomainResource"]);
const STRINGS = /^(?!(boolean|integer|decimal|unsignedInt|positiveInt)$)/;

export class Walker {
  constructor(definitions, excuses) {
    this.definitions = definitions;
    this.excuses = excuses;
    this.types = new Types(definitions);
    this.slices = new SliceFinder(this);
    /** What was not judged: rule → count. */
    this.unjudged = new Map();
    this.regexes = new Map();
  }

  /** What is wrong with a resource, and the constraints that apply to its parts. */
  judge(resource, bundle, profile, path) {
    const walk = new Walk(this, resource, bundle, profile.url);
    walk.root(resource, profile, path);
    return walk;
  }

  /** Whether a resource or datatype conforms to a profile. Only its structure counts. */
  conforms(value, type, profile, walk, path = type) {
    const known = walk.conforming.get(value) ?? new Map();
    walk.conforming.set(value, known);
    if (!known.has(profile.url)) {
      const inner = new Walk(this, value.resourceType ? value : walk.resource, walk.bundle, profile.url);
      Object.assign(inner, { conforming: walk.conforming, reasons: walk.reasons });
      known.set(profile.url, inner); // Before the walk, so that a circle of references ends here.
      const { root } = this.definitions.tree(profile);
      if (value.resourceType) inner.root(value, profile, path);
      else {
        inner.constrain(root, { value, type, path });
        inner.inside(root, { value, type, path });
      }
      if (inner.findings.length > 0) walk.reasons.set(profile.url, inner.findings[0]);
    }
    return known.get(profile.url).findings.length === 0;
  }

  skip(rule) {
    this.unjudged.set(rule, (this.unjudged.get(rule) ?? 0) + 1);
  }

  regex(type) {
    if (!this.regexes.has(type)) {
      const value = this.definitions.type(type)?.children.get("value");
      const text = value?.definition.type?.[0]?.extension?.find(({ url }) => url === REGEX)?.valueString;
      this.regexes.set(type, text ? new RegExp(`^(?:${text})$`, "u") : null);
    }
    return this.regexes.get(type);
  }
}

class Walk {
  constructor(walker, resource, bundle, profile) {
    Object.assign(this, { walker, resource, bundle, profile, definitions: walker.definitions });
    this.findings = [];
    this.constraints = [];
    this.strays = [];
    this.conforming = new Map();
    this.reasons = new Map();
    this.isBase = profile.startsWith(BASE) && /^[A-Z]\w*$/.test(profile.slice(BASE.length));
  }

  find(path, rule, text) {
    const finding = { judge: "walker", rule, path, text, profile: this.profile };
    if (!this.walker.excuses.takes(finding)) this.findings.push(finding);
  }

  root(resource, profile, path) {
    if (resource?.resourceType !== profile.type) {
      this.find(path, "type", `is a ${resource?.resourceType}, not a ${profile.type}`);
      return;
    }
    const { root } = this.definitions.tree(profile);
    this.constrain(root, { value: resource, type: profile.type, path });
    this.inside(root, { value: resource, type: profile.type, path });
  }

  /** Checks the children of a value. */
  inside(element, item) {
    const { value, type, path, extra } = item, parent = { value, base: this.base(element, type) };
    const object = value !== null && typeof value === "object" ? value : extra;
    if (this.isBase && extra !== undefined && (extra === null || typeof extra !== "object")) {
      this.find(path, "json", "has beside it what must be an object");
    }
    if (object === null || typeof object !== "object" || Array.isArray(object)) return;
    const children = this.definitions.children(element, type);
    const known = new Set(object.resourceType && path !== "" ? ["resourceType"] : []);
    for (const child of children.values()) {
      if (value !== object && child.name === "value") continue;
      const found = valuesOf(object, child.name, this.walker.types, path);
      for (const one of found) {
        known.add(one.key);
        one.parent = parent;
      }
      this.child(child, found, `${path}.${child.name}`);
    }
    if (children.size === 0 || !this.isBase) return;
    for (const key of Object.keys(object)) {
      const plain = key.startsWith("_") ? key.slice(1) : key;
      if (!known.has(plain)) this.find(`${path}.${key}`, "unknown", "no such member");
      else if (object[key] === null || (Array.isArray(object[key]) && object[key].length === 0)) {
        this.find(`${path}.${key}`, "empty", "null or an empty array");
      }
    }
  }

  child(element, found, path) {
    const { definition } = element;
    this.count(definition, found.length, path, "");
    for (const item of found) this.value(element, item);
    if (element.slices.length > 0) this.sliced(element, found, path);
  }

  /** Notes an entry of a section that is in none of the section's slices. Open slices allow that. */
  stray({ value: { reference }, path }) {
    const found = resolve(reference, this.resource, this.bundle);
    const code = found?.code?.coding?.[0]?.code ?? "";
    const what = `${this.profile.split("/").pop()} ${path.replace(/^.*?\.(?=[a-z])/, "").replace(/\[\d+\]/g, "")}: ${found?.resourceType} ${code}`;
    this.strays.push(what);
  }

  count({ min = 0, max = "*" }, number, path, what) {
    if (number < min) this.find(path, "min", `${what}${number} of at least ${min}`);
    if (max !== "*" && number > Number(max)) this.find(path, "max", `${what}${number} of at most ${max}`);
  }

  sliced(element, found, path) {
    // The missing element itself is reported already.
    if (found.length === 0 && element.definition.min > 0) return;
    const counts = new Map(element.slices.map((slice) => [slice, 0]));
    for (const item of found) {
      const matching = element.slices.filter((slice) => this.walker.slices.matches(element, slice, item, this));
      for (const slice of matching) {
        counts.set(slice, counts.get(slice) + 1);
        this.value(slice, item);
      }
      if (matching.length > 0) continue;
      if (element.definition.slicing?.rules === "closed") this.find(item.path, "closed", "in none of the slices");
      else if (typeof item.value?.reference === "string") this.stray(item);
    }
    for (const [slice, number] of counts) {
      this.count(slice.definition, number, path, `slice ${slice.slice}: `);
    }
  }

  value(element, item) {
    const { definition } = element, { value, path } = item;
    const allowed = definition.type ?? [];
    // R4 calls the id of a resource a string.
    const codes = definition.base?.path === "Resource.id" ? ["id"] : allowed.map(typeCode), type = item.type ?? codes[0];
    if (item.type && codes.length > 0 && !codes.includes(item.type)) {
      this.find(path, "type", `type ${item.type} is not allowed`);
      return;
    }
    if (this.isBase && definition.max !== undefined) {
      const many = (definition.base?.max ?? definition.max) !== "1";
      if (many !== item.many) this.find(path, "array", many ? "must be an array" : "must not be an array");
    }
    const is = { ...item, type };
    const rule = demanded(definition);
    if (rule && !fits(rule, value)) {
      this.find(path, rule.exact ? "fixed" : "pattern", `is not ${JSON.stringify(rule.value)}`);
    }
    this.primitive(definition, is);
    this.binding(definition, is);
    this.constrain(element, is);
    this.profiled(allowed.find((one) => typeCode(one) === type), is);
    if (ANY.has(type) && value?.resourceType) this.contained(element, is);
    else this.inside(element, is);
  }

  /** A resource inside another one. Its own profile is judged from outside, when it is an entry of a Bundle. */
  contained(element, { value, path }) {
    const type = this.definitions.structures.get(BASE + value.resourceType);
    if (!type) this.find(path, "type", `there is no resource ${value.resourceType}`);
    else if (element.children.size > 0) this.inside(element, { value, type: value.resourceType, path });
    else if (!path.includes(".entry[")) this.inside(this.definitions.tree(type).root, { value, type: type.type, path });
  }

  primitive(definition, { value, type, path, extra }) {
    const kind = this.definitions.type(type)?.structure.kind;
    if (kind !== "primitive-type") {
      const isObject = value !== null && typeof value === "object" && !Array.isArray(value);
      if (this.isBase && kind && !isObject) this.find(path, "json", `must be an object, because it is a ${type}`);
      return;
    }
    if (value === undefined) {
      if (this.isBase && !extra?.extension?.length) this.find(path, "empty", "has neither a value nor an extension");
      return;
    }
    if (!this.isBase) return;
    const json = type === "boolean" ? "boolean" : STRINGS.test(type) ? "string" : "number";
    if (typeof value !== json) this.find(path, "json", `is a JSON ${typeof value}, but a ${type} is a ${json}`);
    const text = String(value);
    if (text === "") this.find(path, "empty", "is an empty text");
    if (this.walker.regex(type)?.test(text) === false) this.find(path, "format", `is not a valid ${type}: ${text.slice(0, 40)}`);
    if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text)) this.find(path, "format", "has a control character");
    const day = /^(\d{4}-\d\d-\d\d)/.exec(text);
    if (day && /^date|instant/.test(type) && new Date(`${day[1]}T00:00:00Z`).toJSON()?.slice(0, 10) !== day[1]) {
      this.find(path, "format", `no such day: ${day[1]}`);
    }
    if (definition.maxLength && text.length > definition.maxLength) this.find(path, "maxLength", "is too long");
  }

  /** Required bindings whose codes are in the packages. */
  binding({ binding }, { value, type, path }) {
    if (binding?.strength !== "required" || !binding.valueSet || value === undefined) return;
    const codes = this.definitions.expansion(binding.valueSet);
    if (!codes) {
      this.walker.skip(`binding to ${binding.valueSet.split("|")[0]}`);
      return;
    }
    if (!inValueSet(codes, value, type)) this.find(path, "binding", `has no code of ${binding.valueSet}`);
  }

  constrain(element, { value, type, path, extra, parent, index }) {
    const isPrimitive = this.definitions.type(type)?.structure.kind === "primitive-type";
    if (value === undefined && extra === undefined) return;
    const where = isPrimitive ? { parent, name: element.name.replace("[x]", ""), index } : {};
    for (const { key, expression, severity } of element.definition.constraint ?? []) {
      // JSON cannot break ele-1 of a primitive: a value that is null or missing is "empty" above.
      if (!expression || (isPrimitive && key === "ele-1")) continue;
      this.constraints.push({ key, expression, severity, value, base: this.base(element, type), path, walk: this, ...where });
    }
  }

  /** What FHIRPath engines call the type: the path of an element without a type of its own. */
  base({ definition }, type) {
    return /^(Backbone)?Element$/.test(type ?? "") ? definition.base?.path ?? definition.path : type;
  }

  /** The profiles of an element's type: of a datatype or entry, or of what a reference means. */
  profiled(allowed, { value, type, path }) {
    if (!allowed || value === undefined) return;
    if (allowed.profile?.length > 0 && type !== "Reference") {
      this.conformsToOne(allowed.profile, value, type, path);
    }
    if (type === "Reference" && typeof value?.reference === "string") this.target(allowed.targetProfile ?? [], value.reference, path);
  }

  target(targets, reference, path) {
    const found = resolve(reference, this.resource, this.bundle);
    if (!found) {
      if (this.isBase && (this.bundle || reference.startsWith("#"))) this.find(path, "reference", `${reference} refers to nothing in this document`);
      return;
    }
    const fitting = targets.filter((url) => {
      const type = this.definitions.structure(url)?.type;
      return type === undefined || ANY.has(type) || type === found.resourceType;
    });
    if (targets.length > 0 && fitting.length === 0) {
      this.find(path, "target", `refers to a ${found.resourceType}`);
    } else if (!this.isBase && targets.length > 0) this.conformsToOne(fitting, found, found.resourceType, path);
  }

  conformsToOne(profiles, value, type, path) {
    const known = profiles.map((url) => this.definitions.structure(url));
    if (known.includes(null)) return;
    const conforms = known.some(({ type: of, url, derivation }) => {
      const profile = this.definitions.structures.get(url);
      const isWhole = derivation !== "constraint" && (ANY.has(of) || of === (value.resourceType ?? type));
      return isWhole || this.walker.conforms(value, value.resourceType ?? type, profile, this, path);
    });
    const only = this.conforming.get(value)?.get(known[0].url);
    // The constraints of a resource are collected when it is judged itself.
    if (only && known.length === 1 && !value.resourceType) this.constraints.push(...only.constraints);
    if (!conforms) {
      const names = profiles.map((url) => url.split("/").pop()).join(" or ");
      const reason = known.map(({ url }) => this.reasons.get(url)).find((one) => one);
      this.find(path, "profile", `does not conform to ${names}: ${reason?.path} ${reason?.text}`);
    }
  }
}

/** A type's code. What FHIRPath calls System.String has its FHIR type in an extension. */
function typeCode({ code, extension }) {
  if (!code.startsWith(SYSTEM)) return code;
  return extension?.find(({ url }) => url === FHIR_TYPE)?.valueUrl ?? "string";
}

export function inValueSet(codes, value, type) {
  const has = (coding) => codes.has(`${coding?.system}|${coding?.code}`);
  if (type === "Coding" || type === "Quantity") return has(value);
  if (type === "CodeableConcept") return Array.isArray(value?.coding) && value.coding.some(has);
  return [...codes].some((code) => code.endsWith(`|${value}`));
}
