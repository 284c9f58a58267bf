"""Gives the OpenAPI documents to generators and linters by others, and prints a table of verdicts.

Reads the folders of the tools as JSON from standard input. Fails if a tool that must work does not.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

TOOLS = json.load(sys.stdin)
ROOM = Path(__file__).resolve().parent
CHECKOUT = Path(TOOLS["checkout"])
NEW = CHECKOUT / "shared/api/openapi.json"
OLD = CHECKOUT / "shared/api/openapi-3.0.json"
OUT = Path(TOOLS["out"])
KINDS = {"FamilyItem": ["comment", "familyUnknown", "parent", "relative"],
         "SocialItem": ["alcohol", "circumstances", "occupation", "tobacco"]}


class Fault(Exception):
    """What is wrong."""


def run(*command, cwd=None, extra=None):
    environment = {**os.environ, **(extra or {}), "CI": "1", "NO_COLOR": "1"}
    environment["PATH"] = f"{TOOLS['node']}{os.pathsep}{environment['PATH']}"
    ended = subprocess.run([str(part) for part in command], cwd=cwd, env=environment, text=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if ended.returncode:
        raise Fault(f"{Path(str(command[0])).name} failed:\n" + "\n".join(ended.stdout.splitlines()[-25:]))
    return ended.stdout


def fresh(name):
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


# --- OpenAPI Generator

def java(*arguments):
    # These programs end before the better compiler of Java pays off.
    return run(Path(TOOLS["java"]), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx2g", *arguments)


def openapi_generator(language, document, **options):
    folder = fresh(language)
    library = ["--library", options.pop("library")] if "library" in options else []
    properties = ",".join(f"{name}={value}" for name, value in options.items())
    more = [f"--additional-properties={properties}"] if properties else []
    java("-jar", TOOLS["generator"], "generate", "-g", language, "-i", document, "-o", folder, *library, *more)
    return folder


def source(folder, name):
    found = list(folder.rglob(name))
    if len(found) != 1:
        raise Fault(f"{name} was not generated")
    return found[0].read_text()


def need(text, *parts):
    missing = [part for part in parts if part not in text]
    if missing:
        raise Fault(f"the generated source lacks {missing}")


def kotlin():
    folder = openapi_generator("kotlin", OLD, library="jvm-okhttp4", serializationLibrary="gson")
    sources = folder / "src/main/kotlin/org/openapitools/client"
    chosen = [sources / "models", ROOM / "Main.kt"]
    # The HTTP part needs okhttp, which none of our package sources has.
    chosen += [path for path in (sources / "infrastructure").iterdir()
               if path.name == "Serializer.kt" or path.name.endswith("Adapter.kt")]
    modules = Path(TOOLS["quick"]) / "node_modules"
    compiler = modules / "kotlin-compiler/lib"
    # Google's Closure Compiler brings the library gson.
    library = [compiler / "kotlin-stdlib.jar", modules / "google-closure-compiler-java/compiler.jar"]
    path = os.pathsep.join(map(str, library))
    names = ["kotlin-compiler", "kotlin-stdlib", "kotlin-script-runtime", "kotlin-reflect", "kotlin-daemon-client",
             "annotations-13.0", "kotlinx-coroutines-core-jvm"]
    java("-cp", os.pathsep.join(str(compiler / f"{name}.jar") for name in names),
         "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", "-nowarn", "-no-stdlib", "-no-reflect",
         "-jdk-home", Path(TOOLS["java"]).parents[1], "-cp", path, *chosen, "-d", folder / "classes")
    said = java("-cp", os.pathsep.join([str(folder / "classes"), path, str(compiler / "kotlin-reflect.jar")]),
                "MainKt", ROOM / "summary.json")
    need(said, *KINDS["FamilyItem"], *KINDS["SocialItem"])
    return "compiled; the compiled program reads a clinical summary. Of the HTTP part only the source is made"


def swift():
    folder = openapi_generator("swift6", NEW)
    for union, kinds in KINDS.items():
        text = source(folder, f"{union}.swift")
        for kind in kinds:
            need(text, f'case "{kind}":\n            self = .type{union}{kind[0].upper()}{kind[1:]}')
    return "not compiled: there is no compiler here. The source reads each kind of a union with its own type"


def dart():
    folder = openapi_generator("dart-dio", NEW)
    for union, kinds in KINDS.items():
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", union).lower()
        text = source(folder, f"{name}.dart")
        for kind in kinds:
            target = f"{union}{kind[0].upper()}{kind[1:]}"
            need(text, f"case r'{kind}':", f"specifiedType: FullType({target}),")
    return "not compiled: there is no compiler here. The source reads each kind of a union with its own type"


def dart_http():
    folder = openapi_generator("dart", OLD)
    text = source(folder, "family_item.dart")
    if "mapValueOfType<String>(json, r'text')!" in text:
        raise Fault("a relative without a text would fail")
    need(text, "mapValueOfType<String>(json, r'text'),")
    return "not compiled. The source reads a line of the family history without members of other kinds"


def kotlin_new():
    folder = openapi_generator("kotlin", NEW, library="jvm-okhttp4", serializationLibrary="kotlinx_serialization")
    text = source(folder, "FamilyItem.kt")
    if "abstract val text: kotlin.String\n" in text:
        raise Fault("it merges the kinds of a union: use openapi-3.0.json")
    return "generated"


def made(language, document):
    return lambda: (openapi_generator(language, document), "generated, not compiled")[1]


# --- Python

def python_client():
    folder = fresh("python")
    python = Path(TOOLS["client_python"])
    run(python.with_name("openapi-python-client"), "generate", "--path", NEW, "--config",
        CHECKOUT / "tests/end-to-end/python/generator.yaml", "--meta", "none", "--fail-on-warning",
        "--output-path", folder / "practice_bridge")
    program = "import json, sys; from practice_bridge.models import *; " \
        "it = ClinicalSummary.from_dict(json.load(open(sys.argv[1]))).sections; " \
        "print(*[type(one).__name__ for one in it.family_history.items + it.social.items])"
    said = run(python, "-c", program, ROOM / "summary.json", cwd=folder)
    need(said, *(f"{union}{kind[0].upper()}{kind[1:]}" for union, kinds in KINDS.items() for kind in kinds))
    return "the end-to-end tests run both guides with it. Lists in a query with several entries fail"


def datamodel():
    folder = fresh("datamodel")
    run(Path(TOOLS["all_python"]).with_name("datamodel-codegen"), "--input", NEW, "--input-file-type", "openapi",
        "--output", folder / "models.py", "--output-model-type", "pydantic_v2.BaseModel",
        "--target-python-version", "3.11")
    program = "import sys; from models import ClinicalSummary; " \
        "it = ClinicalSummary.model_validate_json(open(sys.argv[1]).read()).sections; " \
        "print(*[type(getattr(one, 'root', one)).__name__ for one in it.familyHistory.items])"
    said = run(TOOLS["all_python"], "-c", program, ROOM / "summary.json", cwd=folder)
    need(said, "FamilyItemParent", "FamilyItemRelative")
    return "reads a clinical summary. Numbers of Bp are classes with a `root`"


def prance():
    for document in [NEW, OLD]:
        run(Path(TOOLS["all_python"]).with_name("prance"), "validate", "--backend", "openapi-spec-validator", document)
    return "both documents are valid"


# --- TypeScript

def npm_tool(name, *arguments, **options):
    return run(Path(TOOLS["all"]) / "node_modules/.bin" / name, *arguments, cwd=TOOLS["all"], **options)


def typechecked(folder):
    # It must be inside the folder of the packages, so that the compiler finds what the generated code imports.
    settings = Path(TOOLS["all"]) / f"tsconfig.{folder.name}.json"
    described = {"extends": str(ROOM / "all/tsconfig.json"), "include": [str(folder)],
                 "compilerOptions": {"typeRoots": [f"{TOOLS['all']}/node_modules/@types"]}}
    settings.write_text(json.dumps(described))
    npm_tool("tsc", "-p", settings)
    return "passes `tsc --strict`"


def inside_all(name):
    folder = Path(TOOLS["all"]) / "made" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def hey_api():
    folder = inside_all("hey-api")
    npm_tool("openapi-ts", "-i", NEW, "-o", folder, "-p", "@hey-api/typescript", "@hey-api/sdk", "@hey-api/client-fetch")
    return typechecked(folder)


def orval():
    folder = inside_all("orval")
    npm_tool("orval", "--input", NEW, "--output", folder / "api.ts", "--client", "fetch")
    return typechecked(folder)


def swagger_typescript_api():
    folder = inside_all("swagger-typescript-api")
    npm_tool("swagger-typescript-api", "generate", "-p", NEW, "-o", folder, "-n", "api.ts")
    return typechecked(folder)


def kubb():
    folder = inside_all("kubb")
    shutil.copy(ROOM / "all/kubb.config.mjs", TOOLS["all"])
    npm_tool("kubb", "generate", "--config", "kubb.config.mjs", extra={"DOCUMENT": str(NEW), "OUT": str(folder)})
    return typechecked(folder)


def typescript_fetch():
    folder = inside_all("typescript-fetch")
    made = openapi_generator("typescript-fetch", NEW)
    shutil.copytree(made, folder, dirs_exist_ok=True)
    return typechecked(folder)


# --- Linters

def redocly():
    said = {document.name: npm_tool("redocly", "lint", document, "--format", "summary") for document in [NEW, OLD]}
    counts = [f"{name}: {found.group(0) if (found := re.search(r'[0-9]+ warnings?', text)) else 'no warning'}"
              for name, text in said.items()]
    return "no error. " + ", ".join(counts)


def spectral():
    said = npm_tool("spectral", "lint", "-r", ROOM / "all/spectral.yaml", "-F", "error", NEW, "-f", "json")
    found = json.loads(said[said.index("["):said.rindex("]") + 1])
    roles = sum(one["code"] == "oas3-operation-security-defined" for one in found)
    return f"no error. {len(found)} warnings, of which {roles} are of a rule that does not know the roles of OpenAPI 3.1"


def progenitor():
    """It knows JSON only, and one kind of success for each operation."""
    program = shutil.which("cargo-progenitor")
    if program is None:
        return None
    folder = fresh("progenitor")
    document = json.loads(OLD.read_text())
    beyond_it = ["fhir+json", '"cancelBooking"', '"getOpenApiDocument"']
    for path, methods in document["paths"].items():
        document["paths"][path] = {method: it for method, it in methods.items()
                                   if not any(word in json.dumps(it) for word in beyond_it)}
    fewer = folder / "openapi.json"
    fewer.write_text(json.dumps(document))
    run(program, "progenitor", "-i", fewer, "-o", folder / "made", "-n", "made", "-v", "0.1.0")
    raise Fault("refuses FHIR's media type, and 202 beside 204. Without those operations it generates")


ROWS = [
    # tool, version, document, is it quick, must it work, the judge
    ("openapi-typescript + openapi-fetch", "7.13.0, 0.17.0", "3.1", True, True,
     lambda: "passes `tsc` with the strictest settings. The end-to-end tests run both guides with it"),
    ("openapi-python-client", "0.29.1", "3.1", True, True, python_client),
    ("openapi-generator kotlin (gson)", "7.26.0", "3.0", True, True, kotlin),
    ("openapi-generator swift6", "7.26.0", "3.1", True, True, swift),
    ("openapi-generator dart-dio", "7.26.0", "3.1", True, True, dart),
    ("openapi-generator dart", "7.26.0", "3.0", False, True, dart_http),
    ("openapi-generator kotlin", "7.26.0", "3.1", False, False, kotlin_new),
    ("openapi-generator csharp", "7.26.0", "3.1", False, True, made("csharp", NEW)),
    ("openapi-generator java", "7.26.0", "3.1", False, True, made("java", NEW)),
    ("openapi-generator typescript-angular", "7.26.0", "3.1", False, True, made("typescript-angular", NEW)),
    ("openapi-generator typescript-fetch", "7.26.0", "3.1", False, True, typescript_fetch),
    ("@hey-api/openapi-ts", "0.99.0", "3.1", False, True, hey_api),
    ("orval", "8.38.0", "3.1", False, True, orval),
    ("swagger-typescript-api", "13.13.0", "3.1", False, True, swagger_typescript_api),
    ("kubb", "4.39.3", "3.1", False, True, kubb),
    ("datamodel-code-generator", "0.89.0", "3.1", False, True, datamodel),
    ("prance", "26.7.19.0", "both", False, True, prance),
    ("Redocly lint", "2.77.0", "both", False, True, redocly),
    ("Spectral oas", "6.16.3", "3.1", False, True, spectral),
    ("progenitor", "0.15.1", "3.0", False, False, progenitor),
]


def main():
    right = True
    print("| Tool | Version | Document | Verdict | Notes |\n|---|---|---|---|---|")
    for tool, version, document, is_quick, is_needed, judge in ROWS:
        if not (is_quick or TOOLS["all"]):
            continue
        start = time.monotonic()
        try:
            note, verdict = judge(), "yes"
            if note is None:
                verdict, note = "not run", "install it with `cargo install cargo-progenitor`"
            elif not is_needed:
                right, verdict = False, "yes, UNEXPECTED: update the table"
        except Fault as fault:
            verdict, note = "NO" if is_needed else "no", str(fault)
            right &= not is_needed
        print(f"| {tool} | {version} | {document} | {verdict} | {note} |", flush=True)
        print(f"{tool}: {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
