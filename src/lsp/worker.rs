//! The thread that works: a text or a question in, what to tell the editor out. It keeps nothing that an answer depends on, only
//! what saves time.

use super::client::Client;
use super::diagnostic::{Trouble, diagnostic, not_checked};
use super::document::{Document, Places};
use super::world::World;
use super::{action, show, uri};
use crate::assist::View;
use crate::baseline::Baseline;
use crate::fix;
use crate::lint::{FileInput, FileReport, Session, Settings};
use crate::project::Project;
use crate::source::{CollectOptions, Folder, Found, Input, MAX_FILE_BYTES, collect_with, files, is_binary};
use gen_lsp_types as lsp;
use lsp_server::RequestId;
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// More files of one folder than this are looked at only when they are opened.
const MAX_FILES: usize = 20_000;

/// Something to work on.
#[derive(Debug)]
pub(super) enum Job {
    /// An open text.
    Check(Document),
    /// A file that is not open.
    Read(PathBuf),
    /// A folder, for files that may hold policies.
    Walk(PathBuf),
    /// A question about a text.
    Ask(RequestId, Ask, Document),
}

/// A question about a text.
#[derive(Debug, Clone)]
pub(super) enum Ask {
    Hover(lsp::Position),
    Complete(lsp::Position),
    Symbols,
    Lenses,
    Actions(lsp::Range, Option<Vec<lsp::CodeActionKind>>),
}

/// What came of a job.
#[derive(Debug)]
pub(super) enum Done {
    /// What there is to say of a text.
    Checked {
        uri: lsp::Uri,
        version: Option<i32>,
        diagnostics: Vec<lsp::Diagnostic>,
        trouble: Option<Trouble>,
    },
    /// The files of a folder, and what could not be looked at.
    Walked { files: Vec<PathBuf>, remarks: Vec<String> },
    /// An answer.
    Answer(RequestId, Value),
    /// A mistake of ours.
    Failed(Option<RequestId>, String),
}

/// A text with all that its questions need.
pub(super) struct Looked<'a> {
    pub(super) document: &'a Document,
    pub(super) file: FileInput<'a>,
    pub(super) settings: &'a Settings,
    pub(super) session: &'a Session,
    pub(super) project: &'a Project,
    pub(super) places: Places<'a>,
    pub(super) client: &'a Client,
}

impl Looked<'_> {
    pub(super) fn view(&self) -> View<'_> {
        View::new(self.file, self.settings)
    }

    pub(super) fn report(&self) -> FileReport {
        self.session.lint(&self.file, self.settings)
    }
}

/// The thread's own.
pub(super) struct Worker {
    client: Arc<Client>,
    session: Option<Session>,
    /// The last report with fixes: an editor asks for them with each move of the cursor.
    fixed: Option<(lsp::Uri, Option<i32>, u64, FileReport)>,
}

impl Worker {
    pub(super) fn new(client: Arc<Client>) -> Self {
        Self { client, session: None, fixed: None }
    }

    /// Works on a job. A mistake of ours in one text must not end the server.
    pub(super) fn work(&mut self, world: &World, job: Job) -> Done {
        let (id, name) = match &job {
            Job::Ask(id, _, document) => (Some(id.clone()), document.uri.0.clone()),
            Job::Check(document) => (None, document.uri.0.clone()),
            Job::Read(path) | Job::Walk(path) => (None, path.display().to_string()),
        };
        let act = AssertUnwindSafe(|| match job {
            Job::Check(document) => self.check(world, &document),
            Job::Read(path) => self.read(world, &path),
            Job::Walk(folder) => walk(world, &folder),
            Job::Ask(id, ask, document) => self.answer(world, id, &ask, &document),
        });
        catch_unwind(act).unwrap_or_else(|_| {
            (self.session, self.fixed) = (None, None);
            Done::Failed(id, format!("internal error while looking at `{name}`: this is a bug in Ringfence"))
        })
    }

    fn check(&mut self, world: &World, document: &Document) -> Done {
        let found = self.look(world, document, |looked| {
            let report = looked.report();
            report.findings.iter().map(|f| diagnostic(f, looked.document, &looked.places)).collect()
        });
        let (diagnostics, trouble) = match found {
            Ok(diagnostics) => (diagnostics.unwrap_or_default(), None),
            Err(trouble) => {
                // What holds no policy needs no configuration.
                let speaks = document.text.windows(11).any(|w| w == b"\"Statement\"");
                let said = speaks.then(|| not_checked(&trouble.line));
                (said.into_iter().collect(), Some(trouble))
            }
        };
        Done::Checked { uri: document.uri.clone(), version: document.version, diagnostics, trouble }
    }

    fn read(&mut self, world: &World, path: &Path) -> Done {
        let mut bytes = Vec::new();
        let uri = uri::of(path);
        match files::read_into(path, Found::Walked, &mut bytes) {
            Ok(()) => self.check(world, &Document::new(uri, None, bytes)),
            // It is gone, or nobody may read it: there is nothing to say of it here.
            Err(_) => Done::Checked { uri, version: None, diagnostics: Vec::new(), trouble: None },
        }
    }

    fn answer(&mut self, world: &World, id: RequestId, ask: &Ask, document: &Document) -> Done {
        let generation = world.generation;
        let mut fixed = self.fixed.take();
        let answer = self.look(world, document, |looked| match ask {
            Ask::Hover(position) => value(show::hover(looked, *position)),
            Ask::Complete(position) => value(show::completions(looked, *position)),
            Ask::Symbols => value(show::symbols(looked)),
            Ask::Lenses => value(show::lenses(looked)),
            Ask::Actions(range, only) => {
                let is_known = fixed.as_ref().is_some_and(|(uri, version, g, _)| {
                    *uri == document.uri && *version == document.version && *g == generation
                });
                if !is_known {
                    let mut report = looked.report();
                    fix::propose(looked.session, &looked.file, looked.settings, &mut report);
                    fixed = Some((document.uri.clone(), document.version, generation, report));
                }
                let report = fixed.as_ref().map(|(.., report)| report);
                value(report.map(|report| action::actions(looked, report, *range, only.as_deref())))
            }
        });
        self.fixed = fixed;
        // Without a configuration, and for what is not to be checked, there is nothing to say.
        Done::Answer(id, answer.ok().flatten().unwrap_or(Value::Null))
    }

    /// Has a text looked at with its configuration; `None`: it is not to be checked, or is no text.
    fn look<T>(
        &mut self,
        world: &World,
        document: &Document,
        act: impl FnOnce(&Looked<'_>) -> T,
    ) -> Result<Option<T>, Trouble> {
        let plain = |line: &String| Trouble { line: line.clone(), place: None };
        let projects = world.projects.as_ref().map_err(plain)?;
        let encoding = self.client.encoding;
        let project = projects.for_file(&document.path).map_err(|error| Trouble::new(&error, encoding))?;
        let mut settings = Settings::default();
        project.share(&document.path, &mut settings);
        let is_checked = project.settle(&document.path, None, &mut settings);
        if !is_checked.map_err(|error| Trouble::new(&error.into(), encoding))? {
            return Ok(None);
        }
        let bytes = &*document.text;
        let bytes = bytes.get(..=MAX_FILE_BYTES).unwrap_or(bytes);
        if is_binary(bytes) || Baseline::is_one(bytes) {
            return Ok(None);
        }
        let path = document.path.to_string_lossy();
        let name = document.path.file_name().unwrap_or_default().to_string_lossy();
        let around = Folder::of(&document.path);
        let file = FileInput {
            path: &path,
            name: &name,
            bytes,
            explicit: false,
            named: false,
            around: &around,
            part: None,
        };

        let session = match self.session.take() {
            Some(session) if Arc::ptr_eq(session.linter(), &project.linter) => session,
            _ => project.linter.session(),
        };
        let session = self.session.insert(session);
        let places = Places::new(&document.text, encoding);
        let (settings, project, client) = (&settings, &*project, &*self.client);
        Ok(Some(act(&Looked { document, file, settings, session, project, places, client })))
    }
}

fn value(answer: impl serde::Serialize) -> Value {
    serde_json::to_value(answer).unwrap_or_default()
}

fn walk(world: &World, folder: &Path) -> Done {
    let Ok(projects) = &world.projects else {
        return Done::Walked { files: Vec::new(), remarks: Vec::new() };
    };
    let found = collect_with(&[folder.to_owned()], &CollectOptions::default(), &mut projects.is_included());
    let mut remarks: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
    if found.len() > MAX_FILES {
        let (count, folder) = (found.len() - MAX_FILES, folder.display());
        remarks
            .push(format!("`{folder}` has {count} files too many: these are looked at when they are opened"));
    }
    let file = |number| match found.get(number)? {
        Input::File(path, _) => Some(crate::config::absolute(&path)),
        Input::Stdin { .. } => None,
    };
    Done::Walked { files: (0..found.len().min(MAX_FILES)).filter_map(file).collect(), remarks }
}
