//! The standard streams as a connection. The library has one too, but that ends with the first message that is no JSON; an editor's
//! plug-in that sends one should not lose its server.

use lsp_server::{Connection, Message, Notification};
use std::io::{self, Write as _};
use std::thread;

/// How many broken messages in a row are taken for an accident.
const PATIENCE: usize = 16;

/// A connection over standard input and output. Its end of messages is the end of the input, or the message `exit`.
///
/// # Errors
///
/// When threads cannot be started.
pub fn stdio() -> io::Result<(Connection, Writer)> {
    let (sender, to_write) = crossbeam_channel::unbounded::<Message>();
    let (read, receiver) = crossbeam_channel::unbounded::<Message>();
    let complain = sender.clone();
    let writer = thread::Builder::new().name("writer".to_owned()).spawn(move || {
        let mut out = io::stdout().lock();
        for message in to_write {
            message.write(&mut out)?;
        }
        out.flush()
    })?;
    thread::Builder::new().name("reader".to_owned()).spawn(move || {
        let mut input = io::stdin().lock();
        let mut broken = 0;
        loop {
            match Message::read(&mut input) {
                Ok(Some(message)) => {
                    broken = 0;
                    let is_exit = matches!(&message, Message::Notification(n) if n.method == "exit");
                    if read.send(message).is_err() || is_exit {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::InvalidData && broken < PATIENCE => {
                    broken += 1;
                    let text = "a message that cannot be read was left out";
                    let _ = complain.send(log(text).into());
                }
                Ok(None) | Err(_) => return,
            }
        }
    })?;
    Ok((Connection { sender, receiver }, Writer(writer)))
}

/// A line for the editor's log.
pub(super) fn log(text: &str) -> Notification {
    Notification::new("window/logMessage".to_owned(), serde_json::json!({ "type": 2, "message": text }))
}

/// The thread that writes. It ends once the connection is dropped and all is written.
#[derive(Debug)]
pub struct Writer(thread::JoinHandle<io::Result<()>>);

impl Writer {
    /// Waits until all is written.
    ///
    /// # Errors
    ///
    /// When nobody reads any more, or writing fails.
    pub fn finish(self) -> io::Result<()> {
        self.0.join().unwrap_or_else(|_| Err(io::Error::other("the writing thread failed")))
    }
}
