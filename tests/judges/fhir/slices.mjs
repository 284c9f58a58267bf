// Finds the slice that a value belongs to, by the slicing's discriminators.
import { contains, demanded, fits, resolve, valuesOf } from "./values.mjs";
import { inValueSet } from "./walker.mjs";

/** "code.coding", "resolve()" or "extension('url').value" as steps. */
function steps(path) {
  return path.match(/extension\('[^']*'\)|ofType\(\w+\)|resolve\(\)|[$\w[\]]+/g).filter((step) => step !== "$this");
}

export class SliceFinder {
  constructor(walker) {
    this.walker = walker;
    this.definitions = walker.definitions;
  }

  matches(element, slice, item, walk) {
    const discriminators = element.definition.slicing?.discriminator ?? [{ type: "type", path: "$this" }];
    const extension = /^(modifierE|e)xtension$/.test(element.name) && slice.definition.type?.[0]?.profile?.[0];
    if (extension) return extension.split("|")[0] === item.value?.url;
    return discriminators.every((discriminator) => this.#fits(discriminator, slice, item, walk));
  }

  #fits({ type, path }, slice, item, walk) {
    const way = steps(path);
    if (type === "type") return this.#type(slice, way, item, walk);
    if (type === "profile") return this.#profile(slice, way, item, walk);
    const values = this.#values([item], way, walk);
    if (type === "exists") {
      const at = this.#elements(slice, way)[0]?.definition;
      return at?.max === "0" ? values.length === 0 : values.length > 0;
    }
    return this.#value(slice, way, [item], walk) ?? false;
  }

  #values(items, way, walk) {
    const [step, ...rest] = way;
    if (step === undefined) return items;
    return this.#values(items.flatMap((item) => this.#step(item, step, walk)), rest, walk);
  }

  #step({ value, path }, step, walk) {
    if (value === null || typeof value !== "object") return [];
    if (step === "resolve()") {
      const found = resolve(value.reference, walk.resource, walk.bundle);
      return found ? [{ value: found, type: found.resourceType, path }] : [];
    }
    const extension = /^extension\('(.*)'\)$/.exec(step);
    if (extension) {
      const found = [value.extension ?? []].flat().filter((one) => one?.url === extension[1]);
      return found.map((one) => ({ value: one, type: "Extension", path }));
    }
    if (step.startsWith("ofType(")) return [{ value, path }];
    const plain = valuesOf(value, step, this.walker.types, path);
    return plain.length > 0 ? plain : valuesOf(value, `${step}[x]`, this.walker.types, path);
  }

  /** The elements of the profile that a way from a slice leads to. */
  #elements(element, way) {
    const [step, ...rest] = way;
    if (step === undefined) return [element];
    const { definition } = element;
    if (step === "resolve()" || step.startsWith("ofType(")) return this.#elements(element, rest);
    let children = this.definitions.children(element, definition.type?.[0]?.code);
    const profile = definition.type?.[0]?.profile?.[0];
    // What an extension or datatype is fixed to is in its own profile.
    if (element.children.size === 0 && profile) {
      const structure = this.definitions.structure(profile);
      if (structure) children = this.definitions.tree(structure).root.children;
    }
    const child = children.get(step) ?? children.get(`${step}[x]`);
    if (!child) return [];
    return [child, ...child.slices.filter((slice) => slice.definition.min > 0)].flatMap((one) => this.#elements(one, rest));
  }

  #type(slice, way, item, walk) {
    const values = this.#values([item], way, walk);
    return this.#elements(slice, way).some(({ definition }) => {
      const codes = way.includes("resolve()")
        ? (definition.type ?? []).flatMap(({ targetProfile }) => targetProfile ?? []).map((url) => this.definitions.structure(url)?.type)
        : (definition.type ?? []).map(({ code }) => code);
      return values.some(({ value, type }) => codes.includes(value?.resourceType ?? type));
    });
  }

  #profile(slice, way, item, walk) {
    const values = this.#values([item], way, walk);
    return this.#elements(slice, way).some(({ definition }) => {
      const profiles = (definition.type ?? []).flatMap(({ profile, targetProfile }) =>
        (way.includes("resolve()") ? targetProfile : profile) ?? []);
      const structures = profiles.map((url) => this.definitions.structure(url)).filter((one) => one !== null);
      return values.some(({ value }) => structures.some((profile) =>
        profile.type === value?.resourceType && this.walker.conforms(value, profile.type, profile, walk)));
    });
  }

  /** Whether the values fit what the slice demands at the end of the way. Null if it demands nothing there. */
  #value(element, way, items, walk) {
    const rule = demanded(element.definition);
    if (rule) return items.some(({ value }) => (way.length > 0 ? contains(rule.value, value) : fits(rule, value)));
    const [step, ...rest] = way;
    const verdicts = [];
    if (step === undefined) {
      const { binding } = element.definition;
      if (binding?.strength === "required" && binding.valueSet) {
        const codes = this.definitions.expansion(binding.valueSet);
        if (codes) return items.some(({ value, type }) => inValueSet(codes, value, type ?? element.definition.type?.[0]?.code));
      }
      for (const child of element.children.values()) {
        for (const one of [child, ...child.slices.filter((slice) => slice.definition.min > 0)]) {
          verdicts.push(this.#value(one, [], items.flatMap((item) => this.#step(item, child.name, walk)), walk));
        }
      }
    } else {
      const next = items.flatMap((item) => this.#step(item, step, walk));
      for (const one of this.#elements(element, [step])) verdicts.push(this.#value(one, rest, next, walk));
    }
    const said = verdicts.filter((verdict) => verdict !== null);
    return said.length === 0 ? null : said.every(Boolean);
  }
}
