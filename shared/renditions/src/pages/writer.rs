//! Writes a PDF's objects one after the other, and the table that finds them.

/// Object 1 is the catalog, object 2 the page tree. Both are written last.
const CATALOG: u32 = 1;
pub(super) const TREE: u32 = 2;

/// Writes objects. It keeps only the length of the bytes that were taken.
#[derive(Debug)]
pub(super) struct Writer {
    out: Vec<u8>,
    /// How many bytes were taken so far.
    taken: u64,
    /// The position of each object, from object 1 on; 0 if it is not written yet.
    places: Vec<u64>,
    pages: Vec<u32>,
}

impl Default for Writer {
    fn default() -> Self {
        let out = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
        Self { out, taken: 0, places: vec![0; 2], pages: Vec::new() }
    }
}

impl Writer {
    /// Reserves the number of an object that is written later.
    pub(super) fn reserve(&mut self) -> u32 {
        self.places.push(0);
        u32::try_from(self.places.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn object(&mut self, number: u32, body: &[u8]) {
        self.begin_object(number);
        self.out.extend_from_slice(body);
        self.out.extend_from_slice(b"\nendobj\n");
    }

    /// Writes a stream object. `entries` are those of its dictionary without the length.
    pub(super) fn stream(&mut self, number: u32, entries: &[u8], bytes: &[u8]) {
        self.begin_object(number);
        self.out.extend_from_slice(b"<< ");
        self.out.extend_from_slice(entries);
        self.out.extend_from_slice(format!(" /Length {} >>\nstream\n", bytes.len()).as_bytes());
        self.out.extend_from_slice(bytes);
        self.out.extend_from_slice(b"\nendstream\nendobj\n");
    }

    /// Adds a page, in order.
    pub(super) fn page(&mut self, number: u32, body: &[u8]) {
        self.object(number, body);
        self.pages.push(number);
    }

    pub(super) fn pages(&self) -> usize {
        self.pages.len()
    }

    fn begin_object(&mut self, number: u32) {
        let here = self.here();
        if let Some(place) = self.places.get_mut(number as usize - 1) {
            *place = here;
        }
        self.out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
    }

    fn here(&self) -> u64 {
        self.taken + self.out.len() as u64
    }

    /// Takes the bytes that were written since the last call.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.taken += self.out.len() as u64;
        std::mem::take(&mut self.out)
    }

    pub(super) fn write_trailer(&mut self) {
        let kids: Vec<String> = self.pages.iter().map(|page| format!("{page} 0 R")).collect();
        let tree = format!("<< /Type /Pages /Count {} /Kids [{}] >>", kids.len(), kids.join(" "));
        self.object(TREE, tree.as_bytes());
        self.object(CATALOG, format!("<< /Type /Catalog /Pages {TREE} 0 R >>").as_bytes());
        let table = self.here();
        let size = self.places.len() + 1;
        self.out.extend_from_slice(format!("xref\n0 {size}\n0000000000 65535 f \n").as_bytes());
        for place in &self.places {
            let line = match place {
                0 => "0000000000 00000 f \n".to_owned(),
                place => format!("{place:010} 00000 n \n"),
            };
            self.out.extend_from_slice(line.as_bytes());
        }
        let trailer =
            format!("trailer\n<< /Size {size} /Root {CATALOG} 0 R >>\nstartxref\n{table}\n%%EOF\n");
        self.out.extend_from_slice(trailer.as_bytes());
    }
}
