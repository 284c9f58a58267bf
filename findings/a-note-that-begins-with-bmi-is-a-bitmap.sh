#!/usr/bin/env bash
# Subject:  filetype 1.2.0 and puremagic 1.30 (PyPI), infer 0.22.0 (crates.io): type of a file by its content.
# Input:    a plain text of one line, as a GP may type it: "BMI 27.4 today, weight stable. Review in six months."
# Expected: no type, or plain text. A bitmap has a header of at least 26 bytes with sizes in it.
# Seen:     image/bmp (puremagic: image/x-ms-bmp), 28 November 2026. All three look at the first two bytes only,
#           and "BM" begins a bitmap. A document store that trusts them shows the note as a broken picture.
# This script installs the pinned packages in a temporary folder, and fails if what is seen changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv python >/dev/null
python/bin/python -m pip install --quiet --disable-pip-version-check filetype==1.2.0 puremagic==1.30
cargo init --quiet --vcs none --name seen rust
cargo add --quiet --manifest-path rust/Cargo.toml infer@=0.22.0
printf 'BMI 27.4 today, weight stable. Review in six months.\r\n' >note.txt
cat >rust/src/main.rs <<'RUST'
fn main() {
    let bytes = std::fs::read("note.txt").expect("the note");
    println!("infer: {}", infer::get(&bytes).map_or("nothing", |found| found.mime_type()));
}
RUST
{
    python/bin/python -c '
import filetype, puremagic
note = open("note.txt", "rb").read()
found = filetype.guess(note)
print("filetype:", found.mime if found else "nothing")
print("puremagic:", puremagic.from_string(note, mime=True))'
    cargo run --quiet --manifest-path rust/Cargo.toml
} >seen.txt

diff - seen.txt <<'SEEN'
filetype: image/bmp
puremagic: image/x-ms-bmp
infer: image/bmp
SEEN
echo 'as it was on 28 November 2026'
