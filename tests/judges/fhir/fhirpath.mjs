// Two FHIRPath engines of different origin evaluate the constraints that the walker collected: npm fhirpath
// (LHNCBC's) and the one in @medplum/core.
import { readFileSync } from "node:fs";
import { LRUCache, evalFhirPathTyped, parseFhirPath } from "@medplum/core";
import fhirpath from "fhirpath";
import r4 from "fhirpath/fhir-context/r4";
import { resolve } from "./values.mjs";
import { inValueSet } from "./walker.mjs";

export function version(name) {
  return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), "utf8")).version;
}

/** Thrown for an expression that needs a terminology server. */
class Unjudged extends Error {}

class FhirPathJs {
  name = "fhirpath.js";
  version = `npm fhirpath ${version("fhirpath")}`;
  #compiled = new Map();
  #walk = null;

  constructor(definitions) {
    // The engine asks servers for both. Here the Bundle and the packages answer.
    const memberOf = (values, url) => {
      const codes = definitions.expansion(url);
      if (!codes) throw new Unjudged(`memberOf ${url}`);
      return values.map((value) => inValueSet(codes, value, value?.coding ? "CodeableConcept" : value?.code ? "Coding" : "code"));
    };
    const resolved = (values) => values.flatMap((value) => {
      const found = resolve(value?.reference ?? value, this.#walk.resource, this.#walk.bundle);
      return found ? [found] : [];
    });
    this.options = {
      traceFn: () => {},
      userInvocationTable: {
        memberOf: { fn: memberOf, arity: { 1: ["String"] } },
        resolve: { fn: resolved, arity: { 0: [] } },
      },
    };
  }

  evaluate(constraint) {
    const { expression, base, value, walk } = from(constraint), name = `${base}|${expression}`;
    if (!this.#compiled.has(name)) {
      const path = value.resourceType ? expression : { base, expression };
      this.#compiled.set(name, fhirpath.compile(path, r4, this.options));
    }
    this.#walk = walk;
    return this.#compiled.get(name)(value, { resource: walk.resource, rootResource: walk.resource });
  }
}

/** Where an engine begins. A primitive has its extensions beside it, so it is reached from its parent. */
function from({ expression, base, value, walk, parent, name, index }) {
  if (!parent || typeof parent.value !== "object") return { expression, base, value, walk };
  return { expression: `\`${name}\`[${index}].select(${expression})`, base: parent.base, value: parent.value, walk };
}

class MedplumPath {
  name = "medplum-path";
  version = `FHIRPath of npm @medplum/core ${version("@medplum/core")}`;
  #parsed = new Map();
  #cache = new LRUCache(1);

  evaluate(constraint) {
    const { expression, base, value, walk } = from(constraint);
    if (/memberOf\(/.test(expression)) throw new Unjudged("memberOf");
    if (!this.#parsed.has(expression)) this.#parsed.set(expression, parseFhirPath(expression));
    const parts = base.split(".").map((part) => part[0].toUpperCase() + part.slice(1));
    const type = value.resourceType ?? (parts.length > 1 ? parts.join("") : base);
    const resource = { type: walk.resource.resourceType, value: walk.resource };
    const variables = { "%resource": resource, "%rootResource": resource, "%context": { type, value } };
    const found = evalFhirPathTyped(this.#parsed.get(expression), [{ type, value }], variables, this.#cache);
    return found.map((one) => one.value);
  }
}

export class FhirPathJudges {
  constructor(definitions, excuses) {
    this.engines = [new FhirPathJs(definitions), new MedplumPath()];
    this.excuses = excuses;
    this.evaluations = 0;
    /** What no engine could judge here: rule → count. */
    this.unjudged = new Map();
    this.warnings = new Map();
  }

  /** What the engines find wrong. An empty answer is a fault, as in HL7's validator. */
  judge(constraints) {
    const findings = [], seen = new Map();
    for (const constraint of constraints) {
      const { key, expression, severity, value, path, walk } = constraint;
      const owner = constraint.parent?.value ?? value, known = seen.get(owner) ?? new Set();
      seen.set(owner, known);
      const name = `${constraint.name} ${constraint.index} ${expression}`;
      if (known.has(name)) continue;
      known.add(name);
      for (const engine of this.engines) {
        const text = this.#verdict(engine, this.excuses.rewritten(engine.name, constraint));
        if (text === null) continue;
        const finding = { judge: engine.name, rule: key, path, text, profile: walk.profile };
        if (this.excuses.takes(finding)) continue;
        if (severity === "error") findings.push(finding);
        else this.warnings.set(`${engine.name} ${key}`, (this.warnings.get(`${engine.name} ${key}`) ?? 0) + 1);
      }
    }
    return findings;
  }

  #verdict(engine, constraint) {
    this.evaluations += 1;
    try {
      const answer = engine.evaluate(constraint);
      if (answer.length > 0 && answer[0] === true) return null;
      return `is ${answer.length > 0 ? "not true" : "empty"}: ${constraint.expression.slice(0, 100)}`;
    } catch (error) {
      if (error instanceof Unjudged || error.cause instanceof Unjudged) {
        // The other engine never knows a value set.
        const rule = `constraint ${constraint.key}`;
        if (engine === this.engines[0]) this.unjudged.set(rule, (this.unjudged.get(rule) ?? 0) + 1);
        return null;
      }
      return `cannot be evaluated: ${String(error.message).split("\n")[0].slice(0, 120)}`;
    }
  }
}
