"""Validates the OpenAPI documents named on the command line. Prints a line for each, and fails on any error.

Two broken copies of the first document are judged too. If one of them passes, the judge is of no use.
"""

import copy
import json
import sys

from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator
from referencing.exceptions import Unresolvable


def errors_of(document):
    is_new = document["openapi"].startswith("3.1")
    validator = OpenAPIV31SpecValidator if is_new else OpenAPIV30SpecValidator
    try:
        return [error.message[:200] for error in validator(document).iter_errors()]
    except Unresolvable as error:
        # The validator does not list a reference to nothing among the errors.
        return [f"{error.ref} does not exist"]


def broken(document):
    """Faults that this project's documents once had, or could have."""
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    success = next(it for it in operations[0]["responses"].values() if "description" in it)
    del success["description"]
    yield "a response without a description", document
    success["description"] = "The answer."
    del document["components"]["schemas"]["ProblemType"]
    yield "a reference to nothing", document


def main(paths):
    right = True
    documents = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            documents.append(json.load(file))
        errors = errors_of(documents[-1])
        right &= not errors
        name = path.rsplit("/", 1)[-1]
        print(f"OpenAPI: {name} ({documents[-1]['openapi']}): {len(errors)} errors", *errors, sep="\n  ")
    for fault, document in broken(copy.deepcopy(documents[0])):
        is_noticed = bool(errors_of(document))
        right &= is_noticed
        print(f"OpenAPI: control: {fault} is {'noticed' if is_noticed else 'NOT NOTICED'}")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
