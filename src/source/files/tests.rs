use super::*;

/// A folder of its own for one test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ringfence-files-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The files found, relative to the folder; `!` marks those named.
    fn collect(&self, args: &[&str]) -> (Vec<String>, Vec<CollectError>) {
        let args: Vec<PathBuf> = args.iter().map(|a| self.0.join(a)).collect();
        let collected = collect(&args, &CollectOptions::default());
        let show = |input: Input| match input {
            Input::Stdin { name } => name.display().to_string(),
            Input::File(path, found) => {
                let mark = if found == Found::Named { "!" } else { "" };
                format!("{}{mark}", path.strip_prefix(&self.0).unwrap().display())
            }
        };
        (inputs(&collected).into_iter().map(show).collect(), collected.errors)
    }
}

fn inputs(collected: &Collected) -> Vec<Input> {
    (0..collected.len()).map(|i| collected.get(i).unwrap()).collect()
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn folders_are_walked_for_json() {
    let folder = Folder::new("walk");
    for name in [
        "b.json",
        "a.JSON",
        "c.txt",
        "d.json.tftpl",
        "sub/e.json",
        ".hidden.json",
        ".git/f.json",
        "build/g.json",
        "sub/h.json",
    ] {
        folder.file(name, "{}");
    }
    folder.file(".gitignore", "build/\nsub/h.json\n");
    let (files, errors) = folder.collect(&[""]);
    assert_eq!(files, ["a.JSON", "b.json", "sub/e.json"]);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(folder.collect(&["build"]).0, ["build/g.json"], "a folder that is named is walked");
}

#[test]
fn named_files_are_taken_whatever_their_name_and_once() {
    let folder = Folder::new("named");
    for name in ["p", ".hidden.json", "a.json", "[x].json"] {
        folder.file(name, "{}");
    }
    let (files, errors) = folder.collect(&["p", "./a.json", ".hidden.json", "", "a.json", "[x].json"]);
    assert_eq!(files, [".hidden.json!", "[x].json!", "a.json!", "p!"]);
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn patterns() {
    let folder = Folder::new("patterns");
    for name in ["a.json", "b.policy", "sub/c.json", "sub/deep/d.json", ".github/e.json", "sub/.hidden.json"]
    {
        folder.file(name, "{}");
    }
    assert_eq!(folder.collect(&["*.json"]).0, ["a.json"]);
    assert_eq!(folder.collect(&["./*.policy"]).0, ["b.policy"]);
    assert_eq!(folder.collect(&["**/*.json"]).0, ["a.json", "sub/c.json", "sub/deep/d.json"]);
    assert_eq!(folder.collect(&["*/*.json"]).0, ["sub/c.json"]);
    assert_eq!(folder.collect(&["sub/**/[cd].json"]).0, ["sub/c.json", "sub/deep/d.json"]);
    assert_eq!(folder.collect(&[".github/*.json"]).0, [".github/e.json"]);
}

#[test]
fn errors_are_collected_and_the_rest_goes_on() {
    let folder = Folder::new("errors");
    folder.file("a.json", "{}");
    let (files, errors) = folder.collect(&["nope.json", "*.yaml", "nowhere/*.json", "a***", "a.json"]);
    assert_eq!(files, ["a.json!"]);
    let at = |name: &str| format!("`{}`", folder.0.join(name).display());
    let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(messages[0], format!("{} does not exist", at("nope.json")));
    assert!(messages[1].starts_with(&format!("{} matches no file", at("*.yaml"))), "{messages:?}");
    assert!(messages[2].starts_with(&format!("{} matches no file", at("nowhere/*.json"))), "{messages:?}");
    assert!(messages[3].starts_with(&format!("{} is not a valid pattern", at("a***"))), "{messages:?}");
    assert_eq!(messages.len(), 4);
}

#[test]
fn standard_input_comes_first() {
    let collected = collect(&["-".into(), "-".into()], &CollectOptions { stdin_name: Some("p.json".into()) });
    assert_eq!(inputs(&collected), [Input::Stdin { name: "p.json".into() }]);
    let collected = collect(&["-".into()], &CollectOptions::default());
    assert_eq!(inputs(&collected), [Input::Stdin { name: "<stdin>".into() }]);
}

#[cfg(unix)]
#[test]
fn loops_of_links_pipes_and_sockets_are_harmless() {
    let folder = Folder::new("links");
    folder.file("sub/a.json", "{}");
    std::os::unix::fs::symlink(&folder.0, folder.0.join("sub/loop")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.0.join("s.json")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(folder.0.join("pipe.json")).status();
    assert_eq!(folder.collect(&[""]).0, ["sub/a.json"]);
    assert_eq!(folder.collect(&["**/*.json"]).0, ["sub/a.json"]);
    assert_eq!(folder.collect(&["sub/loop"]).0, ["sub/loop/sub/a.json"], "a link that is named is followed");

    let (_, errors) = folder.collect(&["s.json"]);
    assert!(errors[0].to_string().contains("is a socket, not a file"), "{errors:?}");
    if made.is_ok_and(|status| status.success()) {
        let (_, errors) = folder.collect(&["pipe.json"]);
        assert!(errors[0].to_string().contains("is a pipe, not a file"), "{errors:?}");
        let error = read(&folder.0.join("pipe.json")).unwrap_err();
        assert!(error.to_string().contains("is a pipe, not a file"), "{error}");
    }
}

#[test]
fn reading_stops_behind_the_limit() {
    let folder = Folder::new("read");
    fs::write(folder.0.join("big.json"), vec![b' '; MAX_FILE_BYTES + 100]).unwrap();
    assert_eq!(read(&folder.0.join("big.json")).unwrap().len(), MAX_FILE_BYTES + 1);
    let error = read(&folder.0).unwrap_err();
    assert!(error.to_string().contains("is a folder, not a file"), "{error}");
    assert!(matches!(read(&folder.0.join("nope")), Err(ReadError::Io { .. })));
    assert_eq!(read_limited(&b"{}"[..]).unwrap(), b"{}");
}

/// Behind the limit there is only what has one of the marks, wherever it stands.
#[test]
fn long_documents_are_read_on_by_their_marks() {
    let folder = Folder::new("long");
    let path = folder.0.join("long.json");
    let is_read = |text: &[u8]| {
        fs::write(&path, text).unwrap();
        let mut file = read(&path).unwrap();
        let mut piped = file.clone();
        read_on_in(&path, Found::Named, &mut file).unwrap();
        read_on(&text[piped.len()..], &mut piped).unwrap();
        assert_eq!(file, piped);
        assert!(file == text || file.len() == MAX_FILE_BYTES + 1, "all or nothing more");
        file == text
    };
    let length = MAX_FILE_BYTES + 200_000;
    let with = |mark: &str, at: usize| {
        let mut text = vec![b' '; length];
        text.splice(at..at + mark.len(), mark.bytes());
        text
    };
    assert!(!is_read(&with("\"VpcEndpoint\"", 0)));
    for mark in ["\"VpcEndpoints\"", "\"baseConfigurationItems\"", "\"terraform_version\""] {
        // Over the end of what was read, and of each of the steps behind it.
        let ends = [0, 1, 2].map(|step| MAX_FILE_BYTES + step * 64 * 1024);
        let places = ends.iter().flat_map(|end| end - 40..end + 10);
        for at in places.step_by(7).chain([0, length - mark.len()]) {
            assert!(is_read(&with(mark, at)), "{mark} at {at}");
        }
    }
}

#[test]
fn binary_or_text() {
    assert!(is_binary(b"\x7fELF\0\0"));
    assert!(!is_binary(b"{}"));
    assert!(!is_binary(b"\xff\xfe{\0}\0"), "UTF-16 deserves a finding");
    assert!(!is_binary(b""));
}

/// The order is that of the whole paths' bytes, in which a folder's name goes on with a slash.
#[test]
fn files_are_in_the_order_of_their_paths() {
    let folder = Folder::new("order");
    let mut names =
        ["a/x.json", "a-b/x.json", "a.json", "a/b/c.json", "a/b.json", "a0/x.json", "A/z.json", "é.json"];
    for name in &names {
        folder.file(name, "{}");
    }
    names.sort_unstable();
    assert_eq!(folder.collect(&[""]).0, names);
    assert_eq!(folder.collect(&["a", "", "a-b"]).0, names);
}

/// A file is linted once, under the first name that it was given, however its folder is spelled.
#[test]
fn two_spellings_are_one_file() {
    let folder = Folder::new("spellings");
    folder.file("sub/a.json", "{}");
    folder.file("sub/b.json", "{}");
    // The tests run in the package's folder.
    let here = std::env::current_dir().unwrap();
    let up: PathBuf = here.components().skip(1).map(|_| "..").collect();
    let relative = up.join(folder.0.strip_prefix("/").unwrap());
    let list = |args: &[PathBuf]| inputs(&collect(args, &CollectOptions::default()));
    let file = |path: PathBuf, found| Input::File(path, found);
    let (absolute, name) = (folder.0.join("sub"), Path::new("Cargo.toml"));
    let mixed = [here.join("./Cargo.toml"), name.to_owned(), absolute.join("b.json"), absolute.clone()];
    let mut right = [
        file(here.join("Cargo.toml"), Found::Named),
        file(absolute.join("a.json"), Found::Walked),
        file(absolute.join("b.json"), Found::Named),
    ];
    right.sort();
    let mut found = list(&mixed);
    found.sort();
    assert_eq!(found, right);
    assert_eq!(list(&[name.to_owned(), here.join("Cargo.toml")]), [file(name.to_owned(), Found::Named)]);
    // `..` may lead elsewhere than its name says, so it makes another file.
    assert_eq!(list(&[relative.join("sub"), absolute]).len(), 4);
}
