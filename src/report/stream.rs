//! Reports that leave as they come: something first, the files' parts with something between them, something last.

use super::Rendered;
use std::io::{self, Write};

pub(super) struct Stream<'o> {
    out: Box<dyn Write + 'o>,
    /// What comes before anything else, until it was written.
    begin: Vec<u8>,
    between: &'static str,
    has_parts: bool,
}

impl<'o> Stream<'o> {
    pub(super) fn new(out: Box<dyn Write + 'o>) -> Self {
        Self { out, begin: Vec::new(), between: "", has_parts: false }
    }

    /// What comes first, and what stands between the files' parts.
    pub(super) fn with(self, begin: impl Into<Vec<u8>>, between: &'static str) -> Self {
        Self { begin: begin.into(), between, ..self }
    }

    pub(super) fn add(&mut self, file: &Rendered) -> io::Result<()> {
        if file.findings.is_empty() {
            return Ok(());
        }
        self.out.write_all(&std::mem::take(&mut self.begin))?;
        if self.has_parts {
            self.out.write_all(self.between.as_bytes())?;
        }
        self.has_parts = true;
        self.out.write_all(&file.findings)
    }

    pub(super) fn finish(mut self, end: &[u8]) -> io::Result<()> {
        self.out.write_all(&self.begin)?;
        self.out.write_all(end)?;
        self.out.flush()
    }
}
