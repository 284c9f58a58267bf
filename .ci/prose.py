#!/usr/bin/env python3
"""Checks that documents and comments are easy to read, and picks sentences to read aloud.

    python3 .ci/prose.py check                       the documents; fails when a rule breaks
    python3 .ci/prose.py check FILE...               these files only
    python3 .ci/prose.py check --sources --report    comments, statement headers and shown texts; never fails
    python3 .ci/prose.py check --sources --at-most N the same; fails when there are more than N findings
    python3 .ci/prose.py sentences --seed N FILE...  ten random sentences of each file

The rules, their reasons and the exceptions are in .ci/prose.json. Needs only Python 3.10 or newer.
"""

import argparse
import json
import random
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RULES = json.loads((ROOT / ".ci/prose.json").read_text())
BANNED = [(re.compile(rf"(?<![\w-])(?:{rule['words']})(?![\w-])", re.I), rule["why"]) for rule in RULES["banned"]]
# A comment of one empty word.
EMPTY = re.compile(r"^(?:whose|what|which|when|where|who|how|when the table gives no answer)\.$", re.I)
SHORTENED = re.compile(r"\b(?:e\.g|i\.e|etc|vs|Dr|Mr|Ms|St|No|approx)\.$")


def plain(text):
    """Markdown without marks: code counts as one word, a link as its text."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"``?([^`]+)``?", "CODE", text)
    text = re.sub(r"<[^>\s][^>]*>", "CODE", text)
    text = re.sub(r"\[([^\]]*)\]", r"\1", text)
    return re.sub(r"[*_]{1,2}(?=\S)|(?<=\S)[*_]{1,2}", "", text)


def markdown(lines):
    """Paragraphs, list items and table cells as (line number, text). Code is left out."""
    blocks, current, start, fenced = [], [], 0, False

    def end():
        if current:
            blocks.append((start, " ".join(current)))
            current.clear()

    blank = True
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        if stripped.startswith(("```", "~~~")):
            end()
            fenced = not fenced
            continue
        if fenced or (blank and not current and line.startswith("    ") and not re.match(r"\s*([-*]|\d+\.)\s", line)):
            continue
        blank = not stripped
        if not stripped or stripped.startswith("#") or re.match(r"^\|?[-:| ]+\|?$", stripped):
            end()
            continue
        if stripped.startswith("|"):
            end()
            blocks.extend((number, cell.strip()) for cell in stripped.strip("|").split("|") if cell.strip())
            continue
        item = re.match(r"(?:[-*]|\d+\.)\s+(.*)", stripped)
        if item:
            end()
            stripped = item.group(1)
        if not current:
            start = number
        current.append(stripped)
    end()
    return blocks


def comments(lines, mark, inside=markdown):
    """Runs of lines that begin with the mark, read as Markdown."""
    blocks, run, start = [], [], 0
    for number, line in enumerate([*lines, ""], 1):
        found = re.match(mark, line)
        if found:
            if not run:
                start = number
            run.append(found.group(1))
        elif run:
            blocks.extend((start + at - 1, text) for at, text in inside(run))
            run = []
    return blocks


def yaml(lines):
    """Comments and descriptions."""
    blocks = comments(lines, r"\s*#+ ?(.*)")
    for number, line in enumerate(lines):
        found = re.match(r"(\s*)(?:Alarm)?Description: (.*)", line)
        if found and found.group(2).startswith((">", "|")):
            depth, text = len(found.group(1)), []
            for below in lines[number + 1:]:
                if below.strip() and len(below) - len(below.lstrip()) <= depth:
                    break
                text.append(below.strip())
            blocks.append((number + 1, " ".join(text)))
        elif found:
            blocks.append((number + 1, found.group(2).strip("\"'")))
    return blocks


def literals(lines):
    """String literals of five words and more, as shown to people. Tests are left out."""
    text = "\n".join(lines).split("#[cfg(test)]")[0]
    blocks = []
    for found in re.finditer(r'"((?:[^"\\]|\\.)*)"', text, re.S):
        words = re.sub(r"\\\n\s*", "", found.group(1))
        if len(words.split()) >= 5 and "\n" not in words and "//" not in words:
            blocks.append((text.count("\n", 0, found.start()) + 1, words.replace('\\"', '"')))
    return blocks


def matches(path, patterns):
    return any(Path(path).match(pattern) if "**" not in pattern
               else re.fullmatch(re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*"), path)
               for pattern in patterns)


def read(path):
    lines = (ROOT / path).read_text().splitlines()
    if path.endswith(".md"):
        return markdown(lines)
    if path.endswith(".rs"):
        shown = literals(lines) if matches(path, RULES["texts"]["files"]) else []
        return comments(lines, r"\s*//[/!]? ?(.*)") + shown
    if path.endswith(".ts"):
        return comments(lines, r"\s*(?:/\*\*|//|\*(?!/)) ?(.*?)(?: ?\*/)?$")
    if path.endswith(".sql"):
        return comments(lines, r"\s*-- ?(.*)")
    if path.endswith((".yaml", ".yml")):
        return yaml(lines)
    return comments(lines, r"\s*#+ ?(.*)")


def sentences(path, show_code=False):
    for line, block in read(path):
        text, parts, codes = plain(block), [], iter(re.findall(r"``?([^`]+)``?", block))
        for part in re.split(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9])", text):
            if parts and SHORTENED.search(parts[-1]):
                parts[-1] += " " + part
            else:
                parts.append(part)
        for part in parts:
            if show_code:
                part = re.sub("CODE", lambda found: next(codes, found.group()), part)
            if part.strip():
                yield line, part.strip()


def words(sentence):
    """How many words. Numbers do not count, and of a list of names in code only the last counts."""
    return sum(1 for word in sentence.split() if re.search(r"[A-Za-z]", word) and word != "CODE,")


def check(path, kind):
    limit, found, counts = RULES[kind]["longest_sentence"], [], []
    for line, sentence in sentences(path):
        if any(matches(path, [rule["file"]]) and rule["text"] in sentence for rule in RULES["exceptions"]):
            continue
        count = words(sentence)
        if count > 3 and re.search(r"[.!?:]\W*$", sentence):
            counts.append(count)
        if count > limit:
            found.append(f"{path}:{line}: {count} words, at most {limit}: {sentence[:90]}…")
        if EMPTY.match(sentence):
            found.append(f"{path}:{line}: says nothing, delete it or say why: {sentence}")
        for pattern, why in BANNED:
            for hit in pattern.finditer(sentence):
                found.append(f"{path}:{line}: \"{hit.group()}\": {why}: {sentence[:90]}")
    mean, most = sum(counts) / max(len(counts), 1), RULES[kind]["mean_sentence"]
    if most and len(counts) >= 10 and mean > most:
        found.append(f"{path}: sentences have {mean:.1f} words on average, at most {most}")
    return found


def tracked(kind):
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for path in listed.stdout.splitlines() if matches(path, RULES[kind]["files"]) and (ROOT / path).is_file()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    checking = commands.add_parser("check", help="check the rules of .ci/prose.json")
    checking.add_argument("--sources", action="store_true", help="comments and shown texts instead of documents")
    checking.add_argument("--report", action="store_true", help="print the findings, never fail")
    checking.add_argument("--at-most", type=int, default=0, metavar="N", help="how many findings are accepted")
    checking.add_argument("files", nargs="*")
    reading = commands.add_parser("sentences", help="random sentences, to be read as a newcomer")
    reading.add_argument("--seed", type=int, default=1)
    reading.add_argument("--count", type=int, default=10)
    reading.add_argument("files", nargs="+")
    given = parser.parse_args()
    files = [str((Path.cwd() / file).resolve().relative_to(ROOT)) for file in given.files]
    if given.command == "sentences":
        for path in files:
            print(f"\n{path}")
            found = [sentence for _, sentence in sentences(path, show_code=True) if words(sentence) > 3]
            for sentence in random.Random(f"{given.seed} {path}").sample(found, min(given.count, len(found))):
                print(f"  - {sentence}")
        return 0
    kind = "sources" if given.sources else "documents"
    files = files or tracked(kind)
    found = [line for path in files for line in check(path, kind)]
    print("\n".join(found))
    print(f"{len(found)} findings in {len(files)} files ({kind}).")
    return 0 if given.report or len(found) <= given.at_most else 1


if __name__ == "__main__":
    sys.exit(main())
