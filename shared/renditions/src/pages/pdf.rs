//! Copies the pages of a PDF. Their objects stay the same; only their numbers change.

use std::collections::{BTreeMap, VecDeque};

use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId};

use super::CannotBind;
use super::writer::{TREE, Writer};

/// The largest file. Its objects take many times its size in memory.
const LARGEST_FILE: usize = 8 << 20;
/// The largest size of an unpacked object stream.
const LARGEST_UNPACKED: usize = 2 << 20;
/// The limit of the output: this many bytes for each input byte, plus a constant. Objects that pages share
/// are written once, but inherited values are written for each page.
const MOST_WRITTEN: usize = 4;
const ALSO_WRITTEN: usize = 4 << 20;
/// The deepest nesting of values.
const DEEPEST: u32 = 100;
/// The values that a page inherits from its parents.
const INHERITED: [&[u8]; 4] = [b"Resources", b"MediaBox", b"CropBox", b"Rotate"];

const DAMAGED: CannotBind = CannotBind("a PDF is damaged");

/// Adds each page of a PDF.
pub(super) fn add(writer: &mut Writer, file: &[u8]) -> Result<(), CannotBind> {
    if file.len() > LARGEST_FILE {
        return Err(CannotBind("a PDF page is too large"));
    }
    // Strict mode, because a page must not lose an object that cannot be read.
    let options = LoadOptions {
        max_decompressed_size: Some(LARGEST_UNPACKED),
        strict: true,
        ..LoadOptions::default()
    };
    let document = Document::load_mem_with_options(file, options).map_err(|_| DAMAGED)?;
    if document.is_encrypted() || document.was_encrypted() {
        return Err(CannotBind("an encrypted PDF"));
    }
    let catalog = document.catalog().map_err(|_| DAMAGED)?;
    // Without the layers hidden content could be shown, and forms that the reader fills in would be empty.
    let is_drawn = |form: &Dictionary| {
        form.has(b"XFA") || form.get(b"NeedAppearances").and_then(Object::as_bool).unwrap_or(false)
    };
    let form = catalog.get_deref(b"AcroForm", &document).and_then(Object::as_dict);
    if catalog.has(b"OCProperties") || form.is_ok_and(is_drawn) {
        return Err(CannotBind("a PDF with layers or forms, which readers show differently"));
    }
    let pages: Vec<ObjectId> = document.get_pages().into_values().collect();
    let tree = catalog.get_deref(b"Pages", &document).and_then(Object::as_dict);
    let count = tree.and_then(|tree| tree.get_deref(b"Count", &document)).and_then(Object::as_i64);
    if pages.is_empty() || count.ok() != i64::try_from(pages.len()).ok() {
        return Err(DAMAGED);
    }
    if pages.len() > super::Binder::MOST_PAGES {
        return Err(CannotBind("too many pages"));
    }
    let mut copy = Copy {
        document: &document,
        numbers: BTreeMap::new(),
        waiting: VecDeque::new(),
        left: file.len() * MOST_WRITTEN + ALSO_WRITTEN,
    };
    for page in &pages {
        copy.numbers.insert(*page, writer.reserve());
    }
    for page in &pages {
        copy.page(writer, *page)?;
    }
    copy.rest(writer)
}

struct Copy<'d> {
    document: &'d Document,
    /// The new number of each object.
    numbers: BTreeMap<ObjectId, u32>,
    /// Objects that have a new number but are not written yet.
    waiting: VecDeque<ObjectId>,
    /// How many bytes may still be written.
    left: usize,
}

impl Copy<'_> {
    fn spend(&mut self, bytes: usize) -> Result<(), CannotBind> {
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or(CannotBind("a PDF that becomes far larger"))?;
        Ok(())
    }

    fn page(&mut self, writer: &mut Writer, id: ObjectId) -> Result<(), CannotBind> {
        let mut page = self.document.get_dictionary(id).map_err(|_| DAMAGED)?.clone();
        for key in INHERITED {
            if !page.has(key)
                && let Some(value) = self.inherited(&page, key)
            {
                page.set(key, value);
            }
        }
        if !page.has(b"MediaBox") {
            return Err(DAMAGED);
        }
        // The page gets a new parent, and entries that belong to the whole document are left out.
        for key in [&b"Parent"[..], b"StructParents", b"B", b"Tabs"] {
            page.remove(key);
        }
        let mut body = Vec::new();
        self.dictionary(writer, &page, &format!("/Parent {TREE} 0 R "), &mut body, 0)?;
        self.spend(body.len())?;
        let number = *self.numbers.get(&id).ok_or(DAMAGED)?;
        writer.page(number, &body);
        Ok(())
    }

    fn inherited(&self, page: &Dictionary, key: &[u8]) -> Option<Object> {
        let mut above = page.get(b"Parent").and_then(Object::as_reference).ok()?;
        for _ in 0..DEEPEST {
            let node = self.document.get_dictionary(above).ok()?;
            if let Ok(value) = node.get(key) {
                return Some(value.clone());
            }
            above = node.get(b"Parent").and_then(Object::as_reference).ok()?;
        }
        None
    }

    /// Writes the objects that the pages refer to.
    fn rest(&mut self, writer: &mut Writer) -> Result<(), CannotBind> {
        while let Some(id) = self.waiting.pop_front() {
            let number = *self.numbers.get(&id).ok_or(DAMAGED)?;
            let mut body = Vec::new();
            match self.document.get_object(id) {
                // A reference to a missing object means null.
                Err(_) => writer.object(number, b"null"),
                Ok(Object::Stream(stream)) => {
                    let mut dictionary = stream.dict.clone();
                    dictionary.remove(b"Length");
                    self.entries(writer, &dictionary, &mut body, 0)?;
                    self.spend(body.len() + stream.content.len())?;
                    writer.stream(number, &body, &stream.content);
                }
                // A link back into the old page tree is left out.
                Ok(Object::Dictionary(dictionary)) if dictionary.has_type(b"Pages") => {
                    writer.object(number, b"null");
                }
                Ok(object) => {
                    self.value(writer, object, &mut body, 0)?;
                    self.spend(body.len())?;
                    writer.object(number, &body);
                }
            }
        }
        Ok(())
    }

    fn dictionary(
        &mut self,
        writer: &mut Writer,
        dictionary: &Dictionary,
        before: &str,
        out: &mut Vec<u8>,
        depth: u32,
    ) -> Result<(), CannotBind> {
        out.extend_from_slice(b"<< ");
        out.extend_from_slice(before.as_bytes());
        self.entries(writer, dictionary, out, depth)?;
        out.extend_from_slice(b">>");
        Ok(())
    }

    fn entries(
        &mut self,
        writer: &mut Writer,
        dictionary: &Dictionary,
        out: &mut Vec<u8>,
        depth: u32,
    ) -> Result<(), CannotBind> {
        for (key, value) in dictionary.iter() {
            name(key, out);
            out.push(b' ');
            self.value(writer, value, out, depth)?;
            out.push(b' ');
        }
        Ok(())
    }

    fn value(
        &mut self,
        writer: &mut Writer,
        value: &Object,
        out: &mut Vec<u8>,
        depth: u32,
    ) -> Result<(), CannotBind> {
        if depth > DEEPEST {
            return Err(DAMAGED);
        }
        match value {
            Object::Null => out.extend_from_slice(b"null"),
            Object::Boolean(truth) => out.extend_from_slice(truth.to_string().as_bytes()),
            Object::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Object::Real(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Object::Name(text) => name(text, out),
            Object::String(text, _) => {
                out.push(b'<');
                for byte in text {
                    out.extend_from_slice(format!("{byte:02X}").as_bytes());
                }
                out.push(b'>');
            }
            Object::Array(values) => {
                out.push(b'[');
                for value in values {
                    self.value(writer, value, out, depth + 1)?;
                    out.push(b' ');
                }
                out.push(b']');
            }
            Object::Dictionary(dictionary) => {
                self.dictionary(writer, dictionary, "", out, depth + 1)?;
            }
            Object::Reference(id) => {
                let number = match self.numbers.get(id) {
                    Some(number) => *number,
                    None => {
                        let number = writer.reserve();
                        self.numbers.insert(*id, number);
                        self.waiting.push_back(*id);
                        number
                    }
                };
                out.extend_from_slice(format!("{number} 0 R").as_bytes());
            }
            // A stream must be an object of its own.
            Object::Stream(_) => return Err(DAMAGED),
        }
        Ok(())
    }
}

fn name(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'/');
    for byte in text {
        if byte.is_ascii_alphanumeric() || b"-_.+*'".contains(byte) {
            out.push(*byte);
        } else {
            out.extend_from_slice(format!("#{byte:02X}").as_bytes());
        }
    }
}
