"""Judges every statement by Microsoft's T-SQL parser and schema model.

Reads what `cargo run -p judges` wrote: the statements, and the tables, views and procedures of a practice.
Prints a row for each text, and fails on any error.

- ScriptDom parses each text at the levels of SQL Server 2012 to 2019. Texts with FOR JSON need 2016.
- DacFx resolves each name against the schema. It looks at no column beside a table variable, so table
  variables are tables here.
- Both forgive a missing semicolon before THROW and before WITH, which SQL Server does not. A rule of our own
  looks for that.
- Faults that are put in on purpose have to be reported in the same run.
"""

import json
import re
import sys

import dotnet

dotnet.start()

import Microsoft.SqlServer.TransactSql.ScriptDom as dom  # noqa: E402
from Microsoft.SqlServer.Dac.Model import (  # noqa: E402
    DacModelException,
    SqlServerVersion,
    TSqlModel,
    TSqlModelOptions,
)
from System import Enum  # noqa: E402
from System.IO import StringReader  # noqa: E402

LEVELS = {"110": "2012", "120": "2014", "130": "2016", "140": "2017", "150": "2019"}
LITERAL = r"N?'(?:[^']|'')*'"
NAME = r"@\w+"
TYPE = r"(?:varchar|nvarchar|char|int|bigint|date|datetime|bit)\b(?:\s*\(\s*(?:\d+|max)\s*\))?"


# A procedure of SQL Server itself, which the model does not know.
LOCKS = """CREATE PROCEDURE dbo.sp_getapplock @Resource nvarchar(255), @LockMode varchar(32),
    @LockOwner varchar(32), @LockTimeout int AS RETURN 0;"""


def value(literal):
    return re.sub(r"^N?'|'$", "", literal).replace("''", "'")


def program(text):
    """A statement without its header and comments."""
    return re.sub(r"--[^\n]*", "", text)


def parameters(text):
    """The parameters that the header names, with their types."""
    header = "\n".join(re.findall(r"(?m)^--(.*)$", text))
    part = re.search(r"Parameters:(.*?)\n\s*Returns:", header, re.S).group(1)
    found, waiting = {}, []
    for match in re.finditer(rf"({NAME})(?:\s+({TYPE}))?", part):
        name, kind = match.groups()
        waiting.append(name)
        if kind:
            found.update((waits, kind) for waits in waiting if waits not in found)
            waiting = []
    found.update((waits, "int") for waits in waiting if waits not in found)
    return found


def dynamic(body):
    """The texts that a statement hands to sp_executesql, each with its declarations."""
    known = {}

    def joined(expression):
        parts = re.findall(rf"{LITERAL}|{NAME}", expression)
        return "".join(known.get(part, "") if part[0] == "@" else value(part) for part in parts)

    concatenation = rf"(?:{LITERAL}|{NAME})(?:\s*\+\s*(?:{LITERAL}|{NAME}))*"
    step = re.compile(
        rf"(?:DECLARE\s+({NAME})\s+nvarchar\(max\)\s*=|SET\s+({NAME})\s*=)\s*({concatenation})\s*;"
        rf"|EXEC\s+sp_executesql\s+({LITERAL}|{NAME})(?:\s*,\s*({LITERAL}|{NAME}))?",
        re.S,
    )
    for match in step.finditer(body):
        declared, assigned, expression, text, declarations = match.groups()
        if text:
            yield joined(text), joined(declarations or "")
        else:
            known[declared or assigned] = joined(expression)


def errors_of(result):
    errors = result[1] if isinstance(result, tuple) else result
    return [f"line {error.Line}: {error.Message}" for error in errors]


def parse(text, level):
    parser = getattr(dom, f"TSql{level}Parser")(True)
    result = parser.Parse(StringReader(text), None)
    return result[0], errors_of(result)


def lists_of_statements(node):
    """Every list of statements in a script."""
    if node is None:
        return
    if isinstance(node, dom.TSqlScript):
        for batch in node.Batches:
            yield from inner(list(batch.Statements))
        return
    yield from inner([node])


def inner(statements):
    yield statements
    for statement in statements:
        if isinstance(statement, dom.BeginEndBlockStatement):
            yield from inner(list(statement.StatementList.Statements))
        elif isinstance(statement, dom.TryCatchStatement):
            yield from inner(list(statement.TryStatements.Statements))
            yield from inner(list(statement.CatchStatements.Statements))
        elif isinstance(statement, dom.IfStatement):
            yield from inner([statement.ThenStatement])
            if statement.ElseStatement is not None:
                yield from inner([statement.ElseStatement])
        elif isinstance(statement, dom.WhileStatement):
            yield from inner([statement.Statement])


def needs_a_semicolon_before(statement):
    if isinstance(statement, dom.ThrowStatement):
        return True
    common = getattr(statement, "WithCtesAndXmlNamespaces", None)
    return common is not None


def missing_semicolons(script):
    """SQL Server takes THROW and a WITH for part of what is before them, unless a semicolon ends that."""
    for statements in lists_of_statements(script):
        for before, after in zip(statements, statements[1:]):
            last = before.ScriptTokenStream[before.LastTokenIndex]
            if needs_a_semicolon_before(after) and last.Text != ";":
                yield f"line {after.StartLine}: a semicolon is missing before it"


def as_tables(body, of):
    """The body with its table variables as tables, and the tables' definitions."""
    tables = []

    def declared(match):
        tables.append((match.group(1), f"{of} {match.group(1)}", match.group(2)))
        return ""

    columns = r"\((?:[^()]|\([^()]*\))*\)"
    body = re.sub(rf"DECLARE\s+({NAME})\s+TABLE\s*({columns})\s*;", declared, body, flags=re.S)
    for variable, table, _ in tables:
        body = re.sub(rf"{variable}\b", f"dbo.[{table}]", body)
    return body, [f"CREATE TABLE dbo.[{table}] {columns};" for _, table, columns in tables]


def column(column):
    kind, length = column["type"], int(column["length"] or 0)
    if kind in ("char", "varchar", "nchar", "nvarchar", "binary", "varbinary"):
        unit = 2 if kind.startswith("n") else 1
        size = "max" if length <= 0 else max(1, length // unit)
        if size != "max" and size > 4000:
            size = "max"
        kind = f"{kind.replace('char', 'varchar') if size == 'max' and 'var' not in kind else kind}({size})"
    return f"[{column['name']}] {kind} NULL"


def without_procedures(body, procedures):
    """Names only: what a procedure takes is not in the catalogue, and DacFx does not look at arguments."""
    for name in procedures:
        body = re.sub(rf"EXEC\s+(?:{NAME}\s*=\s*)?dbo\.{name}\b[^;]*;", "SELECT 1 AS Done;", body)
    return body


def as_procedure(schema, name, body, declarations):
    """A text as the body of a procedure, and the tables that it needs for its table variables."""
    body, tables = as_tables(without_procedures(body, schema["procedures"]), name)
    body = body.replace("BPSDocuments.dbo.", "dbo.")
    # An INSERT from a procedure has no columns to be looked at.
    body = re.sub(r"INSERT INTO ([^\s(]+)(\s*\([^)]*\))?\s+SELECT 1 AS Done;", "SELECT 1 AS Done;", body)
    return tables, f"CREATE PROCEDURE dbo.[{name}] {', '.join(declarations)} AS\nBEGIN\n{body}\nEND;"


def judged_by_names(schema, version, work):
    """What the schema model says of texts, by their names."""
    model = TSqlModel(Enum.Parse(SqlServerVersion, version), TSqlModelOptions())
    for known in schema["objects"]:
        columns = ", ".join(column(it) for it in known["columns"])
        model.AddObjects(f"CREATE TABLE dbo.[{known['name']}] ({columns});")
    model.AddObjects(LOCKS)
    errors = {}
    for name, body, declarations in work:
        tables, procedure = as_procedure(schema, name, body, declarations)
        try:
            for text in [*tables, procedure]:
                model.AddObjects(text)
        except DacModelException as error:
            errors.setdefault(name, []).append(" ".join(str(error.Message).split()))
    for message in model.Validate():
        said = re.search(r"\[dbo\]\.\[([^\]]+)\]", str(message.Message))
        name = said.group(1) if said and said.group(1) in dict((it[0], 1) for it in work) else "the schema"
        errors.setdefault(name, []).append(str(message.Message))
    return errors


def first_level(body):
    return 130 if re.search(r"FOR\s+JSON", body) else 110


def parsed(body):
    """What the parsers say of one text."""
    first, errors = first_level(body), []
    for level in LEVELS:
        script, found = parse(body, level)
        if int(level) < first:
            if not found:
                errors.append(f"ScriptDom {level}: taken, although FOR JSON came with {LEVELS['130']}")
            continue
        errors += [f"ScriptDom {level}: {error}" for error in found]
        if level == "150":
            errors += [f"semicolons: {error}" for error in missing_semicolons(script)]
    return errors


def judge(schema, work):
    """The errors of texts, by their names."""
    errors = {name: parsed(body) for name, body, _ in work}
    # Microsoft's model of SQL Server 2012 knows no FOR JSON.
    for version, fitting in (
        ("Sql110", [it for it in work if first_level(it[1]) == 110]),
        ("Sql130", work),
        ("Sql150", work),
    ):
        for name, found in judged_by_names(schema, version, fitting).items():
            errors.setdefault(name, []).extend(f"DacFx {version}: {error}" for error in found)
    return errors


def texts(statement):
    """A statement's own text, and the texts that it hands on."""
    body = program(statement["text"])
    declared = [f"{name} {kind}" for name, kind in parameters(statement["text"]).items()]
    # What is handed on is judged by itself.
    own = re.sub(
        rf"(INSERT INTO\s+{NAME}\s+)?EXEC\s+sp_executesql\b(?:{LITERAL}|[^;'])*;", "SELECT 1 AS Done;", body
    )
    yield statement["name"], own, declared
    for number, (text, declarations) in enumerate(dynamic(body), 1):
        yield f"{statement['name']} text {number}", text, [declarations] if declarations else []


CONTROLS = [
    ("a column that is not there", "patient_search", "p.Surname", "p.Sirname"),
    ("a table that is not there", "delivery_lookup", "dbo.CORRESPONDENCEOUT", "dbo.CORRESPONDENCEOFF"),
    ("a column beside a table variable", "inbox_checked", "r.CHECKEDBY", "r.CHECKEDBYE"),
    ("a column in a text that is handed on", "document_start", "r.Stored", "r.Storeyed"),
    ("a word that is no T-SQL", "users_named", "SELECT", "SELETC"),
    ("no semicolon before THROW", "inbox_write", "SET @now = GETDATE();", "SET @now = GETDATE() THROW 50001, '', 1;"),
]


def with_fault(statement, right, wrong):
    """The statement with one thing changed in its text, not in its header."""
    header = re.match(r"(?:--[^\n]*\n)*", statement["text"]).group(0)
    text = statement["text"][len(header) :]
    if right not in text:
        raise RuntimeError(f"{statement['name']} has no {right} to put a fault in")
    return {"name": statement["name"], "text": header + text.replace(right, wrong, 1)}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        work = json.load(file)
    schema, statements, bad = work["schema"], work["statements"], 0
    print("Microsoft ScriptDom (parser) and DacFx (schema model), from the wheel mssql-cli 1.0.0")
    print(f"{'text':44} {'from':>4}  verdict")
    all_texts = [text for statement in statements for text in texts(statement)]
    errors = judge(schema, all_texts)
    for name, body, _ in all_texts:
        found = errors.pop(name)
        print(f"{name:44} {LEVELS[str(first_level(body))]:>4}  {'WRONG' if found else 'ok'}")
        for error in found:
            print(f"    {error}")
        bad += len(found)
    for name, found in errors.items():
        print(f"{name}: {found}")
        bad += len(found)
    print("\nFaults put in on purpose:")
    for what, of, right, wrong in CONTROLS:
        statement = next(it for it in statements if it["name"] == of)
        noticed = any(judge(schema, list(texts(with_fault(statement, right, wrong)))).values())
        print(f"    {what}: {'noticed' if noticed else 'NOT NOTICED'}")
        bad += not noticed
    print("\nAll texts are right." if bad == 0 else f"\n{bad} errors.")
    return 1 if bad else 0


sys.exit(main())
