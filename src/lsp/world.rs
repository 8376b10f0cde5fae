//! The rules and configurations as they are on disk, until one of them changes.

use crate::config::FILE_NAME;
use crate::project::Projects;
use std::path::Path;

/// How rules and configurations are loaded: again each time that one of them has changed.
pub type Load<'l> = dyn Fn() -> Result<Projects, String> + Sync + 'l;

/// Rules and configurations.
#[derive(Debug)]
pub(super) struct World {
    /// Grows with each load: what was found in an older world is out of date.
    pub(super) generation: u64,
    /// Or why there are none.
    pub(super) projects: Result<Projects, String>,
}

impl World {
    pub(super) fn new(generation: u64, load: &Load<'_>) -> Self {
        Self { generation, projects: load() }
    }

    /// Whether a file is one of which the world is made.
    pub(super) fn is_made_of(&self, path: &Path) -> bool {
        if path.file_name().is_some_and(|name| name == FILE_NAME) {
            return true;
        }
        let Ok(projects) = &self.projects else { return path.extension().is_some_and(|e| e == "json") };
        let used = projects.used();
        let mut folders = used.iter().flat_map(|project| &project.config.rule_folders);
        folders.any(|folder| path.starts_with(crate::config::absolute(folder)))
    }
}
