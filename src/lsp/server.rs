//! The thread that speaks with the editor: it owns the open texts, hands out one job at a time, and drops what is out of date.

use super::client::{self, Client};
use super::diagnostic::Trouble;
use super::document::Document;
use super::ignore::SHOW;
use super::queue::Queue;
use super::transport::log;
use super::worker::{Ask, Done, Job, Worker};
use super::world::{Load, World};
use super::{action, show, uri};
use crate::config::FILE_NAME;
use crossbeam_channel::{Receiver, Sender, after, never, select};
use gen_lsp_types as lsp;
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

/// How a server came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The editor said good-bye.
    Asked,
    /// The editor went away without a word.
    Left,
}

/// Why a server could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The first messages are not those of the protocol.
    #[error("the editor does not speak the protocol: {0}")]
    Protocol(#[from] lsp_server::ProtocolError),
    /// The working thread ended.
    #[error("the working thread failed")]
    Worker,
}

/// Serves one editor until it goes.
///
/// # Errors
///
/// When the editor does not begin as the protocol says.
pub fn serve(connection: &Connection, load: &Load<'_>) -> Result<Ended, ServeError> {
    let (id, params) = match connection.initialize_start() {
        Ok(start) => start,
        Err(error) if error.channel_is_disconnected() => return Ok(Ended::Left),
        Err(error) => return Err(error.into()),
    };
    let client = Arc::new(Client::new(&params));
    match connection.initialize_finish(id, capabilities(&client)) {
        Ok(()) => {}
        Err(error) if error.channel_is_disconnected() => return Ok(Ended::Left),
        Err(error) => return Err(error.into()),
    }
    let (jobs, to_do) = crossbeam_channel::bounded::<(Arc<World>, Job)>(1);
    let (finished, done) = crossbeam_channel::bounded::<(u64, Done)>(1);
    thread::scope(|scope| {
        let of_worker = Arc::clone(&client);
        scope.spawn(move || {
            let mut worker = Worker::new(of_worker);
            for (world, job) in to_do {
                if finished.send((world.generation, worker.work(&world, job))).is_err() {
                    return;
                }
            }
        });
        let mut server = Server {
            client,
            load,
            world: Arc::new(World::new(0, load)),
            queue: Queue::default(),
            sender: connection.sender.clone(),
            is_busy: false,
            jobs,
            shown: BTreeSet::new(),
            troubles: Vec::new(),
            asked: 0,
            has_shut_down: false,
        };
        server.begin();
        server.run(&connection.receiver, &done)
    })
}

fn capabilities(client: &Client) -> Value {
    json!({
        "capabilities": {
            "positionEncoding": client.encoding_name(),
            "textDocumentSync": { "openClose": true, "change": 2, "save": { "includeText": false } },
            "hoverProvider": true,
            "completionProvider": { "triggerCharacters": ["\"", ":"], "resolveProvider": true },
            "documentSymbolProvider": true,
            "codeActionProvider": { "codeActionKinds": action::KINDS },
            "codeLensProvider": client.wishes.lenses.then(|| json!({})),
            "executeCommandProvider": { "commands": [SHOW] },
            "workspace": { "workspaceFolders": { "supported": true, "changeNotifications": true } },
        },
        "serverInfo": { "name": "ringfence", "version": env!("CARGO_PKG_VERSION") },
    })
}

struct Server<'l> {
    client: Arc<Client>,
    load: &'l Load<'l>,
    world: Arc<World>,
    queue: Queue,
    sender: Sender<Message>,
    /// The worker has a job.
    is_busy: bool,
    jobs: Sender<(Arc<World>, Job)>,
    /// The texts of which something is shown.
    shown: BTreeSet<String>,
    /// The configurations of which something is shown.
    troubles: Vec<lsp::Uri>,
    /// How many requests were made.
    asked: i32,
    has_shut_down: bool,
}

impl Server<'_> {
    fn begin(&mut self) {
        for name in &self.client.unknown {
            self.log(&format!("`{name}` is no option of Ringfence, or has the wrong type"));
        }
        if let Err(error) = &self.world.projects {
            self.log(error);
        }
        if self.client.watches_files {
            let watchers = ["**/*.{json,yaml,yml,template,tf,tofu,tfvars}", "**/ringfence.toml"]
                .map(|glob| json!({ "globPattern": glob }));
            let options = json!({ "watchers": watchers });
            let method = "workspace/didChangeWatchedFiles";
            let registration = json!({ "id": "files", "method": method, "registerOptions": options });
            self.request("client/registerCapability", json!({ "registrations": [registration] }));
        }
        self.walk();
    }

    fn walk(&mut self) {
        if self.client.wishes.workspace {
            for folder in self.client.folders.clone() {
                self.queue.walk(folder);
            }
        }
    }

    fn run(
        mut self,
        messages: &Receiver<Message>,
        done: &Receiver<(u64, Done)>,
    ) -> Result<Ended, ServeError> {
        loop {
            if !self.is_busy
                && let Some(job) = self.queue.next()
            {
                self.jobs.send((Arc::clone(&self.world), job)).map_err(|_| ServeError::Worker)?;
                self.is_busy = true;
            }
            let wake = match self.queue.wake() {
                Some(at) if !self.is_busy => after(at.saturating_duration_since(Instant::now())),
                _ => never(),
            };
            select! {
                recv(messages) -> message => match message {
                    Ok(Message::Request(request)) => self.asked_for(request),
                    Ok(Message::Notification(note)) if note.method == "exit" => {
                        return Ok(if self.has_shut_down { Ended::Asked } else { Ended::Left });
                    }
                    Ok(Message::Notification(note)) => self.told(note),
                    // Of what was asked of the editor, nothing depends on the answer.
                    Ok(Message::Response(_)) => {}
                    Err(_) => return Ok(Ended::Left),
                },
                recv(done) -> finished => {
                    let (generation, finished) = finished.map_err(|_| ServeError::Worker)?;
                    self.is_busy = false;
                    self.finish(generation, finished);
                }
                recv(wake) -> _ => {}
            }
        }
    }

    fn asked_for(&mut self, request: Request) {
        let Request { id, method, params } = request;
        if self.has_shut_down {
            return self.refuse(id, ErrorCode::InvalidRequest, "the server has been shut down");
        }
        let ask = match method.as_str() {
            "shutdown" => {
                self.has_shut_down = true;
                return self.answer(id, Value::Null);
            }
            "completionItem/resolve" => {
                match read::<lsp::CompletionItem>(params) {
                    Ok(item) => {
                        self.answer(id, serde_json::to_value(show::resolved(item)).unwrap_or_default());
                    }
                    Err(error) => self.refuse(id, ErrorCode::InvalidParams, &error),
                }
                return;
            }
            "workspace/executeCommand" => return self.command(id, params),
            "textDocument/hover" => read(params).map(|p: lsp::HoverParams| {
                let p = p.text_document_position_params;
                (p.text_document.uri, Ask::Hover(p.position))
            }),
            "textDocument/completion" => read(params).map(|p: lsp::CompletionParams| {
                let p = p.text_document_position_params;
                (p.text_document.uri, Ask::Complete(p.position))
            }),
            "textDocument/documentSymbol" => {
                read(params).map(|p: lsp::DocumentSymbolParams| (p.text_document.uri, Ask::Symbols))
            }
            "textDocument/codeLens" => {
                read(params).map(|p: lsp::CodeLensParams| (p.text_document.uri, Ask::Lenses))
            }
            "textDocument/codeAction" => read(params)
                .map(|p: action::Asked| (p.text_document.uri, Ask::Actions(p.range, p.context.only))),
            _ => return self.refuse(id, ErrorCode::MethodNotFound, &format!("`{method}` is not supported")),
        };
        match ask {
            Err(error) => self.refuse(id, ErrorCode::InvalidParams, &error),
            Ok((uri, ask)) => match self.queue.open.get(&uri.0) {
                Some(open) => {
                    let document = open.document.clone();
                    self.queue.ask(id, ask, document);
                }
                None => self.answer(id, Value::Null),
            },
        }
    }

    fn told(&mut self, note: Notification) {
        let Notification { method, params } = note;
        let outcome = match method.as_str() {
            "textDocument/didOpen" => read(params).map(|p: lsp::DidOpenTextDocumentParams| self.opened(p)),
            "textDocument/didChange" => read(params).map(|p: lsp::DidChangeTextDocumentParams| {
                let uri = p.text_document.text_document_identifier.uri;
                if let Some(open) = self.queue.open.get_mut(&uri.0) {
                    open.document.change(p.text_document.version, p.content_changes, self.client.encoding);
                    self.queue.touch(&uri.0, self.client.wishes.delay);
                }
            }),
            "textDocument/didSave" => read(params).map(|p: lsp::DidSaveTextDocumentParams| {
                let uri = p.text_document.uri;
                if uri::path(&uri).is_some_and(|path| self.world.is_made_of(&path)) {
                    self.reload();
                }
                self.queue.touch(&uri.0, std::time::Duration::ZERO);
            }),
            "textDocument/didClose" => {
                read(params).map(|p: lsp::DidCloseTextDocumentParams| self.closed(&p.text_document.uri))
            }
            "workspace/didChangeWatchedFiles" => read(params).map(|p: lsp::DidChangeWatchedFilesParams| {
                self.changed(p.changes.into_iter().map(|change| change.uri));
            }),
            "workspace/didChangeWorkspaceFolders" => {
                self.folders(&params);
                Ok(())
            }
            "$/cancelRequest" => {
                self.cancel(&params);
                Ok(())
            }
            // What is not known may be passed over (`$/...`), or does not concern us.
            _ => Ok(()),
        };
        if let Err(error) = outcome {
            self.log(&format!("`{method}` cannot be read: {error}"));
        }
    }

    fn opened(&mut self, params: lsp::DidOpenTextDocumentParams) {
        let item = params.text_document;
        let document = Document::new(item.uri, Some(item.version), item.text.into_bytes());
        // A configuration is checked by being used.
        if document.path.file_name().is_none_or(|name| name != FILE_NAME) {
            self.queue.put(document);
        }
    }

    fn closed(&mut self, uri: &lsp::Uri) {
        if self.queue.open.remove(&uri.0).is_none() {
            return;
        }
        self.publish(uri.clone(), None, Vec::new());
        if let Some(path) = uri::path(uri).filter(|path| self.is_in_workspace(path)) {
            self.queue.file(path);
        }
    }

    fn is_in_workspace(&self, path: &Path) -> bool {
        self.client.wishes.workspace && self.client.folders.iter().any(|folder| path.starts_with(folder))
    }

    fn changed(&mut self, uris: impl Iterator<Item = lsp::Uri>) {
        let paths: Vec<_> = uris.filter_map(|uri| uri::path(&uri)).collect();
        if paths.iter().any(|path| self.world.is_made_of(path)) {
            return self.reload();
        }
        for path in paths {
            if self.is_in_workspace(&path) && !self.queue.open.contains_key(&uri::of(&path).0) {
                self.queue.file(path);
            }
        }
    }

    fn folders(&mut self, params: &Value) {
        let list = |name: &str| {
            let list = params.pointer(&format!("/event/{name}")).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(client::folder).collect::<Vec<_>>()
        };
        let (added, removed) = (list("added"), list("removed"));
        let mut client = Client::clone(&self.client);
        client.folders.retain(|folder| !removed.contains(folder));
        client.folders.extend(added.iter().cloned());
        self.client = Arc::new(client);
        let gone = |uri: &&String| {
            let path = uri::path(&lsp::Uri::from(uri.as_str()));
            path.is_some_and(|path| removed.iter().any(|folder| path.starts_with(folder)))
        };
        let gone: Vec<String> = self.shown.iter().filter(gone).cloned().collect();
        for uri in gone.into_iter().filter(|uri| !self.queue.open.contains_key(uri)).collect::<Vec<_>>() {
            self.publish(uri.as_str().into(), None, Vec::new());
        }
        if self.client.wishes.workspace {
            for folder in added {
                self.queue.walk(folder);
            }
        }
    }

    /// Loads rules and configurations again, and looks at everything again.
    fn reload(&mut self) {
        self.world = Arc::new(World::new(self.world.generation + 1, self.load));
        if let Err(error) = &self.world.projects {
            self.log(error);
        }
        for uri in std::mem::take(&mut self.troubles) {
            self.send("textDocument/publishDiagnostics", json!({ "uri": uri, "diagnostics": [] }));
        }
        self.queue.touch_all();
        self.walk();
    }

    fn cancel(&mut self, params: &Value) {
        let id = match params.get("id") {
            Some(Value::Number(id)) => id.as_i64().and_then(|id| i32::try_from(id).ok()).map(RequestId::from),
            Some(Value::String(id)) => Some(RequestId::from(id.clone())),
            _ => None,
        };
        if let Some(id) = id.filter(|id| self.queue.cancel(id)) {
            self.refuse(id, ErrorCode::RequestCanceled, "cancelled");
        }
    }

    fn command(&mut self, id: RequestId, params: Value) {
        match read::<lsp::ExecuteCommandParams>(params) {
            Ok(params) if params.command == SHOW => {
                let mut arguments = params.arguments.unwrap_or_default().into_iter();
                let (uri, selection) = (arguments.next(), arguments.next());
                let place = json!({ "uri": uri, "takeFocus": true, "selection": selection });
                self.request("window/showDocument", place);
                self.answer(id, Value::Null);
            }
            Ok(params) => {
                let message = format!("there is no command `{}`", params.command);
                self.refuse(id, ErrorCode::InvalidParams, &message);
            }
            Err(error) => self.refuse(id, ErrorCode::InvalidParams, &error),
        }
    }

    fn finish(&mut self, generation: u64, done: Done) {
        let is_current = generation == self.world.generation;
        match done {
            Done::Answer(id, value) => self.answer(id, value),
            Done::Failed(id, message) => {
                self.log(&message);
                if let Some(id) = id {
                    self.refuse(id, ErrorCode::InternalError, &message);
                }
            }
            Done::Walked { files, remarks } => {
                for remark in &remarks {
                    self.log(remark);
                }
                if is_current {
                    let is_closed =
                        |path: &std::path::PathBuf| !self.queue.open.contains_key(&uri::of(path).0);
                    let files = files.into_iter().filter(is_closed).collect();
                    self.queue.files(files);
                }
            }
            Done::Checked { uri, version, diagnostics, trouble } => {
                let open = self.queue.open.get(&uri.0).and_then(|open| open.document.version);
                // Of a text that has changed since, or has been opened or closed, there is newer to come.
                if !is_current || open != version {
                    return;
                }
                self.publish(uri, version, diagnostics);
                self.trouble(trouble);
            }
        }
    }

    /// Shows what is wrong with a configuration, once.
    fn trouble(&mut self, trouble: Option<Trouble>) {
        let Some((uri, diagnostic)) = trouble.and_then(|trouble| trouble.place).map(|place| *place) else {
            return;
        };
        if !self.troubles.contains(&uri) {
            self.send("textDocument/publishDiagnostics", json!({ "uri": uri, "diagnostics": [diagnostic] }));
            self.troubles.push(uri);
        }
    }

    /// Shows what was found in a text. Of one that is not open and in which nothing was found before, nothing need be said.
    fn publish(&mut self, uri: lsp::Uri, version: Option<i32>, diagnostics: Vec<lsp::Diagnostic>) {
        let was_shown = if diagnostics.is_empty() {
            self.shown.remove(&uri.0)
        } else {
            !self.shown.insert(uri.0.clone())
        };
        if version.is_some() || was_shown || !diagnostics.is_empty() {
            let params = lsp::PublishDiagnosticsParams { uri, version, diagnostics };
            self.send("textDocument/publishDiagnostics", serde_json::to_value(params).unwrap_or_default());
        }
    }

    fn answer(&self, id: RequestId, value: Value) {
        let _ = self.sender.send(Response { id, response_result: Ok(value) }.into());
    }

    fn refuse(&self, id: RequestId, code: ErrorCode, message: &str) {
        let _ = self.sender.send(Response::new_err(id, code as i32, message.to_owned()).into());
    }

    fn log(&self, text: &str) {
        let _ = self.sender.send(log(text).into());
    }

    fn send(&self, method: &str, params: Value) {
        let _ = self.sender.send(Notification { method: method.to_owned(), params }.into());
    }

    fn request(&mut self, method: &str, params: Value) {
        self.asked += 1;
        let request = Request { id: self.asked.into(), method: method.to_owned(), params };
        let _ = self.sender.send(request.into());
    }
}

fn read<T: DeserializeOwned>(params: Value) -> Result<T, String> {
    serde_json::from_value(params).map_err(|error| error.to_string())
}
