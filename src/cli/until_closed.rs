//! A stream that may lose its reader, as in `ringfence check | head`. Whoever went away has seen enough; what is found from
//! then on still counts for the exit code, so the command must run to its end.

use std::io::{self, ErrorKind, Write};

/// Writes to `W` until nobody reads from it any more, and then to nowhere.
pub(super) struct UntilClosed<W> {
    inner: W,
    closed: bool,
}

impl<W: Write> UntilClosed<W> {
    pub(super) fn new(inner: W) -> Self {
        Self { inner, closed: false }
    }

    fn done<T>(&mut self, result: io::Result<T>, nowhere: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(nowhere)
            }
            other => other,
        }
    }
}

impl<W: Write> Write for UntilClosed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = if self.closed { Ok(bytes.len()) } else { self.inner.write(bytes) };
        self.done(written, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = if self.closed { Ok(()) } else { self.inner.flush() };
        self.done(flushed, ())
    }
}
