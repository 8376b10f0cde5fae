//! The inputs of a run, in their order, as pieces of work: files whole, and streams of JSON Lines taken apart while they are read.

use crate::source::{Collected, Input, Lines, Stream, files, is_stream};
use std::io::{self, Read};

/// An input, or some lines of one.
pub(super) struct Piece {
    /// Which of the inputs it is, from 0.
    pub(super) number: usize,
    pub(super) input: Input,
    /// The lines, when they were read already; or why they cannot be.
    pub(super) lines: Option<Result<Lines, String>>,
}

impl Piece {
    /// Whether nothing more comes of its input.
    pub(super) fn is_last(&self) -> bool {
        !matches!(&self.lines, Some(Ok(lines)) if !lines.is_last)
    }

    /// How many bytes it keeps in memory.
    pub(super) fn weight(&self) -> usize {
        match &self.lines {
            Some(Ok(lines)) => lines.bytes.len(),
            _ => 0,
        }
    }
}

/// The pieces, read as they are asked for.
pub(super) struct Pieces<'c> {
    collected: &'c Collected,
    /// The next input.
    next: usize,
    /// Files are not read from the disk.
    is_elsewhere: bool,
    /// The stream that has more lines, and which input it is.
    open: Option<(usize, Stream<Box<dyn Read>>)>,
}

impl<'c> Pieces<'c> {
    /// `is_elsewhere`: the inputs are names of files that are not read from the disk, so streams are left whole.
    pub(super) fn new(collected: &'c Collected, is_elsewhere: bool) -> Self {
        Self { collected, next: 0, is_elsewhere, open: None }
    }

    fn piece(&self, number: usize, lines: Option<Result<Lines, String>>) -> Option<Piece> {
        let input = self.collected.get(number)?;
        Some(Piece { number, input, lines })
    }

    fn more(&mut self) -> Option<Piece> {
        let (number, mut stream) = self.open.take()?;
        let lines = match stream.lines() {
            Ok(lines) => Ok(lines?),
            Err(error) => {
                let name = match self.collected.get(number)? {
                    Input::Stdin { name } => name,
                    Input::File(path, _) => path,
                };
                Err(format!("`{}` cannot be read any further: {error}", name.display()))
            }
        };
        if lines.as_ref().is_ok_and(|lines| !lines.is_last) {
            self.open = Some((number, stream));
        }
        self.piece(number, Some(lines))
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if let Some(piece) = self.more() {
            return Some(piece);
        }
        let number = self.next;
        let input = self.collected.get(number)?;
        self.next += 1;
        let opened = match &input {
            Input::Stdin { name } if is_stream(name) => open(Box::new(io::stdin())),
            Input::File(path, found) if is_stream(path) && !self.is_elsewhere => files::open(path, *found)
                .map_err(|e| e.to_string())
                .and_then(|(file, _)| open(Box::new(file))),
            _ => return self.piece(number, None),
        };
        match opened {
            Ok(stream) => self.open = Some((number, stream)),
            Err(message) => return self.piece(number, Some(Err(message))),
        }
        self.more()
    }
}

fn open(reader: Box<dyn Read>) -> Result<Stream<Box<dyn Read>>, String> {
    Stream::new(reader).map_err(|error| format!("a stream cannot be read: {error}"))
}
